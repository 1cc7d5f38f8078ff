"""``-oG``: one line a host, Nmap's deprecated and beloved format, field by field.

A host that is up has a line ``Status: Up`` and a line ``Ports:`` with seven fields a port (port, state, protocol,
owner, service, RPC, version), parted by slashes; of IP protocols a line ``Protocols:`` with number, state and name.
``Ignored State:`` follows when exactly one state is folded; it is ``open`` where something accepts everything.
Names and services lose what would end a field. Lines are appended by host. Notes and the way to a host are comments,
as Nmap has no field for them.
"""

from collections.abc import Iterator

from periplus.result.fold import Folded, fold, rows
from periplus.result.normal import footer_line, header_lines
from periplus.result.row import PROTOCOLS, HostReport, PortRow, RunRow, ServiceRow, SummaryRow
from periplus.result.services import by_port, nmap_name, version_text
from periplus.result.text import crowded_lines, harmless_names, printable
from periplus.result.writer import Format, Writer

__all__ = ["FORMAT", "Grepable"]

FIELD_MARKS = str.maketrans({"/": "|", ",": ";", "\t": " "})


class Grepable(Writer):
    """The writer of ``-oG``."""

    def begin(self, run: RunRow, /) -> None:
        """Write the first line, and with ``-v`` the ports."""
        self._sink.write(header_lines(run, verbose=self._options.verbose))

    def host(self, host: HostReport, /) -> None:
        """Write the host's status and ports; hosts that are down only with ``-v``."""
        who = f"Host: {host.addr} ({next(iter(harmless_names(host)), '')})"
        if host.listed:
            self._sink.write([f"{who}\tStatus: Unknown\n"])
            return
        if not host.up:
            if self._options.verbose and not self._options.open_only:
                self._sink.write([f"{who}\tStatus: Down\n"])
            return
        folded = fold(host, self._options)
        if folded.possibly_open or not self._options.open_only:
            self._sink.write(self._host_lines(host, who, folded))

    def end(self, summary: SummaryRow, /) -> None:
        """Write the last line."""
        crowded = [f"# {line}\n" for line in crowded_lines(summary)]
        self._sink.write([*crowded, footer_line(summary)])

    def _host_lines(self, host: HostReport, who: str, folded: Folded) -> Iterator[str]:
        yield f"{who}\tStatus: Up\n"
        yield from (f"# Note on {host.addr}: {printable(note)}\n" for note in host.notes)
        if host.trace:
            hops = " ".join(hop.addr or "*" for hop in host.trace.hops)
            yield f"# Traceroute to {host.addr}: {hops}\n"
        if host.timed_out:
            yield f"{who}\tStatus: Timeout\n"
        states = folded.states()
        if not folded.n_shown and not states:
            return
        # A scan is of ports or of protocols, never of both.
        protocols = any(columns.proto == PROTOCOLS for columns in host.columns)
        services = by_port(host)
        ports = ", ".join(
            _protocol(row) if protocols else _port(row, services.get((row.proto, row.port)))
            for row in rows(host, folded, self._options)
        )
        heading = "Protocols" if protocols else "Ports"
        ignored = ""
        if len(states) == 1:
            state, groups = states[0]
            ignored = f"\tIgnored State: {state.word} ({sum(group.count for group in groups)})"
        yield f"{who}\t{heading}: {ports}{ignored}\n"


def _port(row: PortRow, service: ServiceRow | None) -> str:
    name = _field(nmap_name(service, row.service) or "")
    return f"{row.port}/{row.state.word}/{row.proto}//{name}//{_field(version_text(service))}/"


def _protocol(row: PortRow) -> str:
    return f"{row.port}/{row.state.word}/{_field(row.service or '')}/"


def _field(text: str) -> str:
    """A text without what would end a field."""
    return printable(text).translate(FIELD_MARKS)


FORMAT = Format(
    name="grepable",
    flag="-oG",
    metavar="FILE",
    help="write one line a host, for grep and awk",
    factory=Grepable,
    extension=".gnmap",
)
