"""The output formats: what the command line says of each, and what writes it.

A format is an entry here and a module with its `Writer`. All writers together take longer to import than a small scan
runs, so each is imported when its format is asked for.
"""

from periplus.result.sink import Sink
from periplus.result.writer import Format, Options, Writer

__all__ = ["CSV", "GREPABLE", "NDJSON", "NORMAL", "TERMINAL", "XML", "base_requests", "formats"]


def _csv(sink: Sink, options: Options) -> Writer:
    from periplus.result.csv import Csv

    return Csv(sink, options)


def _grepable(sink: Sink, options: Options) -> Writer:
    from periplus.result.grepable import Grepable

    return Grepable(sink, options)


def _ndjson(sink: Sink, options: Options) -> Writer:
    from periplus.result.ndjson import Ndjson

    return Ndjson(sink, options)


def _file_table(sink: Sink, options: Options) -> Writer:
    from periplus.result.normal import FileTable

    return FileTable(sink, options)


def _terminal_table(sink: Sink, options: Options) -> Writer:
    from periplus.result.normal import TerminalTable

    return TerminalTable(sink, options)


def _xml(sink: Sink, options: Options) -> Writer:
    from periplus.result.xml import NmapXml

    return NmapXml(sink, options)


CSV = Format("csv", "--csv", "FILE", "write one row a port, or a host", _csv)
GREPABLE = Format(
    "grepable", "-oG", "FILE", "write one line a host, for grep and awk", _grepable, extension=".gnmap"
)
NDJSON = Format("ndjson", "-oJ", "FILE", "write one JSON object a line, for programs", _ndjson)
NORMAL = Format("normal", "-oN", "FILE", "write the table as text", _file_table, extension=".nmap")
XML = Format("xml", "-oX", "FILE", "write Nmap's XML", _xml, extension=".xml", document=True)
TERMINAL = Format("terminal", "", "", "the table on standard output", _terminal_table)


def formats() -> tuple[Format, ...]:
    """All formats that have a flag, by flag."""
    return CSV, GREPABLE, NDJSON, NORMAL, XML


def base_requests(base: str) -> list[tuple[Format, str]]:
    """What ``-oA base`` asks for: every format that has an extension, with its file."""
    return [(each, base + each.extension) for each in formats() if each.extension is not None]
