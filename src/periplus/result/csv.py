"""``--csv``: one row a port, for spreadsheets and data frames (RFC 4180, but lines end in a plain line feed).

What is known of a host as a whole (notes, a time-out, round trips) has no place in a row a port.
The header is always there. Rows are written when their host is finished: the ports that are not folded, all with
``--all-states``. A spreadsheet runs a cell that begins like a formula, and names come from strangers' DNS;
such a cell gets an apostrophe in front, as spreadsheets themselves write text.
"""

from collections.abc import Iterator

from periplus.result.fold import Folded, fold, rows
from periplus.result.row import HostReport, PortRow, RunRow
from periplus.result.text import harmless_names, iso_time, printable
from periplus.result.writer import Format, Writer

__all__ = ["COLUMNS", "FORMAT", "Csv"]

COLUMNS = (
    "addr",
    "names",
    "proto",
    "port",
    "state",
    "reason",
    "ttl",
    "rtt_ms",
    "tries",
    "service",
    "sender",
    "time",
)

FORMULA_STARTS = ("=", "+", "-", "@")


class Csv(Writer):
    """The writer of ``--csv``."""

    def begin(self, _run: RunRow, /) -> None:
        """Write the header."""
        self._sink.write([",".join(COLUMNS) + "\n"])

    def host(self, host: HostReport, /) -> None:
        """Write the host's ports. A host without any has no row."""
        folded = fold(host, self._options, unfold=self._options.all_states)
        self._sink.write(self._lines(host, folded))

    def _lines(self, host: HostReport, folded: Folded) -> Iterator[str]:
        names = _cell(" ".join(harmless_names(host)))
        when = iso_time(host.ended)
        for row in rows(host, folded, self._options):
            yield f"{row.addr},{names},{_evidence(row)},{when}\n"


def _evidence(row: PortRow) -> str:
    """The columns of a row from ``proto`` to ``sender``."""
    ttl = "" if row.ttl is None else str(row.ttl)
    rtt = "" if row.rtt_ms is None else f"{row.rtt_ms:.3f}"
    verdict = f"{row.proto},{row.port},{row.state.word},{row.reason.word}"
    return f"{verdict},{ttl},{rtt},{row.tries},{_cell(row.service or '')},{row.reason_addr or ''}"


def _cell(text: str) -> str:
    """A text as a cell: printable, no formula, quoted where the grammar needs it."""
    text = printable(text)
    if text.startswith(FORMULA_STARTS):
        text = "'" + text
    if "," in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text


FORMAT = Format(name="csv", flag="--csv", metavar="FILE", help="write one row a port", factory=Csv)
