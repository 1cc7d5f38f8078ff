"""The list of formats: no writer is missing, and none is imported before it is wanted."""

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

from tests.result.examples import OPTIONS, Memory

from periplus import result
from periplus.result.formats import TERMINAL, base_requests, formats
from periplus.result.writer import Writer


def test_formats_by_flag() -> None:
    assert [(each.flag, each.name) for each in formats()] == [
        ("--csv", "csv"),
        ("-oG", "grepable"),
        ("-oJ", "ndjson"),
        ("-oN", "normal"),
        ("-oX", "xml"),
    ]
    assert all(each.help and each.metavar for each in formats())


def test_base_requests_are_nmaps_three_files() -> None:
    assert [(each.flag, path) for each, path in base_requests("out/run")] == [
        ("-oG", "out/run.gnmap"),
        ("-oN", "out/run.nmap"),
        ("-oX", "out/run.xml"),
    ]


def test_every_writer_of_the_package_has_its_format() -> None:
    modules = [
        import_module(f"periplus.result.{each.name}") for each in pkgutil.iter_modules(result.__path__)
    ]
    writers = {
        kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Writer) and kind.__module__ == module.__name__ and name in module.__all__
    }
    listed = {type(each.factory(Memory(), OPTIONS)) for each in (*formats(), TERMINAL)}
    # `joined.Lines` writes what others wrote, for `merge` alone.
    assert {kind.__name__ for kind in writers - listed} == {"Writer", "Lines"}


def test_the_list_imports_no_writer() -> None:
    names = ["csv", "grepable", "ndjson", "normal", "xml"]
    code = (
        "import sys; from periplus.result.formats import formats; formats(); "
        f"print([name for name in {names!r} if f'periplus.result.{{name}}' in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
