"""The output formats: what the command line says of each, and what writes it.

A format is an entry here and a module with its `Writer`. All writers together take longer to import than a small scan
runs, so each is imported when its format is asked for.
"""

from collections.abc import Callable
from importlib import import_module

from periplus.result.sink import Sink
from periplus.result.writer import Format, Options, Writer

__all__ = ["CSV", "GREPABLE", "NDJSON", "NORMAL", "TERMINAL", "XML", "base_requests", "formats"]


def _writer(module: str, name: str) -> Callable[[Sink, Options], Writer]:
    """What makes that writer, of that module of this room."""

    def make(sink: Sink, options: Options) -> Writer:
        made: Writer = getattr(import_module(f"{__package__}.{module}"), name)(sink, options)
        return made

    return make


CSV = Format("csv", "--csv", "FILE", "write one row a port, or a host", _writer("csv", "Csv"))
GREPABLE = Format(
    "grepable",
    "-oG",
    "FILE",
    "write one line a host, for grep and awk",
    _writer("grepable", "Grepable"),
    extension=".gnmap",
)
NDJSON = Format(
    "ndjson", "-oJ", "FILE", "write one JSON object a line, for programs", _writer("ndjson", "Ndjson")
)
NORMAL = Format(
    "normal", "-oN", "FILE", "write the table as text", _writer("normal", "FileTable"), extension=".nmap"
)
XML = Format(
    "xml", "-oX", "FILE", "write Nmap's XML", _writer("xml", "NmapXml"), extension=".xml", document=True
)
TERMINAL = Format("terminal", "", "", "the table on standard output", _writer("normal", "TerminalTable"))


def formats() -> tuple[Format, ...]:
    """All formats that have a flag, by flag."""
    return CSV, GREPABLE, NDJSON, NORMAL, XML


def base_requests(base: str) -> list[tuple[Format, str]]:
    """What ``-oA base`` asks for: every format that has an extension, with its file."""
    return [(each, base + each.extension) for each in formats() if each.extension is not None]
