"""``--csv``: one row a port, for spreadsheets and data frames (RFC 4180, but lines end in a plain line feed).

A host of which no ports were asked has a row of its own, with what is known of the host in their place: its state is
up, down (with ``-v``) or listed. The way to a host stands in each of its rows: the addresses of the hops, * where one
was silent. Notes and a time-out have no place here.
The header is always there. Rows are written when their host is finished: the ports that are not folded, all with
``--all-states``. A spreadsheet runs a cell that begins like a formula, and names come from strangers' DNS;
such a cell gets an apostrophe in front, as spreadsheets themselves write text.
"""

from periplus.result.fold import Folder, rows
from periplus.result.row import HostReport, PortRow, RunRow, ServiceRow
from periplus.result.services import by_port
from periplus.result.sink import Sink
from periplus.result.text import harmless_names, iso_time, printable
from periplus.result.writer import Options, Writer

__all__ = ["COLUMNS", "Csv"]

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
    "trace",
    "product",
    "version",
    "confidence",
    "cpe",
    "tls",
)

FORMULA_STARTS = ("=", "+", "-", "@")


class Csv(Writer):
    """The writer of ``--csv``."""

    def __init__(self, sink: Sink, options: Options) -> None:
        super().__init__(sink, options)
        self._folder = Folder(options, unfold=options.all_states)

    def begin(self, _run: RunRow, /) -> None:
        """Write the header."""
        self._sink.write([",".join(COLUMNS) + "\n"])

    def host(self, host: HostReport, /) -> None:
        """Write the host's ports, or the host."""
        if host.columns:
            self._ports(host)
        elif host.up or host.listed or (self._options.verbose and not self._options.open_only):
            self._sink.write([self._line(host, _whole(host), None)])

    def _ports(self, host: HostReport) -> None:
        folded = self._folder.fold(host)
        services = by_port(host)
        pairs = ((row, services.get((row.proto, row.port))) for row in rows(host, folded, self._options))
        self._sink.write(self._line(host, _evidence(row, service), service) for row, service in pairs)

    @staticmethod
    def _line(host: HostReport, evidence: str, service: ServiceRow | None) -> str:
        names = _cell(" ".join(harmless_names(host)))
        return f"{host.addr},{names},{evidence},{iso_time(host.ended)},{_way(host)},{_identity(service)}\n"


def _whole(host: HostReport) -> str:
    """The columns from ``proto`` to ``sender`` for a host without ports."""
    state = "listed" if host.listed else "up" if host.up else "down"
    return f",,{state},{host.reason.word},{_known(host.ttl)},{_ms(host.srtt_ms)},,,"


def _way(host: HostReport) -> str:
    return " ".join(hop.addr or "*" for hop in host.trace.hops) if host.trace else ""


def _identity(service: ServiceRow | None) -> str:
    """The columns from ``product`` to ``tls``."""
    if service is None:
        return ",,,,"
    confidence = f"{service.confidence:.2f}" if service.name else ""
    words = (service.product, service.version, confidence, " ".join(service.cpe), _tls_version(service))
    return ",".join(_cell(word or "") for word in words)


def _tls_version(service: ServiceRow) -> str:
    return str(service.tls.get("version", "")) if service.tls else ""


def _evidence(row: PortRow, service: ServiceRow | None) -> str:
    """The columns of a row from ``proto`` to ``sender``."""
    name = service.name if service is not None and service.name else row.service
    verdict = f"{row.proto},{row.port},{row.state.word},{row.reason.word},{_known(row.ttl)},{_ms(row.rtt_ms)}"
    return f"{verdict},{row.tries},{_cell(name or '')},{row.reason_addr or ''}"


def _known(number: int | None) -> str:
    return "" if number is None else str(number)


def _ms(time_ms: float | None) -> str:
    return "" if time_ms is None else f"{time_ms:.3f}"


def _cell(text: str) -> str:
    """A text as a cell: printable, no formula, quoted where the grammar needs it."""
    text = printable(text)
    if text.startswith(FORMULA_STARTS):
        text = "'" + text
    if "," in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text
