import pkgutil
from importlib import import_module

import periplus.cli.commands
from periplus.cli.overview import overview


def test_every_command_is_listed_with_its_line() -> None:
    names = [module.name for module in pkgutil.iter_modules(periplus.cli.commands.__path__)]
    assert {"scan", "techniques"} <= set(names)
    shown = [line.split(maxsplit=1) for line in overview().splitlines() if line.startswith("  ")]
    for name in names:
        assert [name, import_module(f"periplus.cli.commands.{name}").HELP] in shown


def test_it_fits_a_terminal() -> None:
    text = overview()
    assert text.startswith("usage: periplus COMMAND [OPTIONS] ...\n")
    assert all(len(line) <= 100 for line in text.splitlines())
