"""The table for people: the terminal's and ``-oN``'s, a close relative of Nmap's.

A host is a headline, its state, a line of what is not shown, and a table PORT STATE SERVICE [REASON] [VERSION], or
one that begins with PROTOCOL. The file is the terminal's text with its first and last lines as comments. Both stream
by host; widths are those of the host at hand. What comes from outside (names, services, notes) is made printable
first.
"""

from collections.abc import Iterable, Iterator

from periplus.result.batch import HostBatch, Hosts
from periplus.result.fold import Folded, Folder, Look, fold_batch, look, rows, told
from periplus.result.row import PROTOCOLS, Hop, HostReport, PortColumns, PortRow, RunRow, SummaryRow, Trace
from periplus.result.services import by_port, host_facts, nmap_name, version_text
from periplus.result.sink import Sink
from periplus.result.text import (
    clock_time,
    command_line,
    crowded_lines,
    date_time,
    done_line,
    figures_line,
    harmless_name,
    harmless_names,
    latency,
    plural,
    port_list,
    printable,
    silence_lines,
)
from periplus.result.writer import Options, Writer
from periplus.technique.verdict import Reason, State

__all__ = ["FileTable", "TerminalTable", "reason_text"]

UNKNOWN_SERVICE = "unknown"
PROTOCOL_NUMBERS = {"icmp": 1, "ipv6-icmp": 58}
REASON_VERBOSITY = 2  # -vv shows reasons as --reason does


class _Table(Writer):
    """What terminal and file have in common: the hosts."""

    def __init__(self, sink: Sink, options: Options) -> None:
        super().__init__(sink, options)
        self._folder = Folder(options)
        self._reasons = options.reason or options.verbose >= REASON_VERBOSITY

    def host(self, host: HostReport, /) -> None:
        """Write the host's headline and table; hosts that are down only with ``-v``."""
        if host.listed:
            self._sink.write([_headline(host)])
            return
        if not host.up:
            if self._options.verbose and not self._options.open_only:
                self._sink.write([_headline(host, down=True)])
            return
        folded = self._folder.fold(host)
        if folded.possibly_open or not self._options.open_only:
            self._sink.write(self._host_lines(host, self._ports(host, folded)))

    def hosts(self, hosts: Hosts, /) -> None:
        """Write several hosts; what ports look alike is laid out once for all hosts of a batch."""
        if isinstance(hosts, HostBatch):
            self._sink.write(self._batch_pieces(hosts))
        else:
            super().hosts(hosts)

    def _batch_pieces(self, batch: HostBatch) -> Iterator[str]:
        alike: dict[tuple[Look, bytes], list[str]] = {}
        for host in batch.only(told(batch, fold_batch(batch, self._options), self._options)):
            if host.up:
                yield "".join(self._host_lines(host, self._ports_alike(host, alike)))
            else:
                yield _headline(host, down=True)

    def _ports_alike(self, host: HostReport, alike: dict[tuple[Look, bytes], list[str]]) -> Iterable[str]:
        """As `_ports`, once for hosts that look alike; but not where the lines tell of a host's own way."""
        folded, seen = self._folder.fold(host), look(host)
        if seen is None or not folded.n_shown or any(part.senders for part in host.columns):
            return self._ports(host, folded)
        ttls = b"".join(part.ttl.tobytes() for part in host.columns if self._reasons)
        if (seen, ttls) not in alike:
            alike[seen, ttls] = list(self._ports(host, folded))
        return alike[seen, ttls]

    def _ports(self, host: HostReport, folded: Folded) -> Iterator[str]:
        yield from _not_shown(host, folded)
        yield from self._port_lines(host, folded)

    def _host_lines(self, host: HostReport, ports: Iterable[str]) -> Iterator[str]:
        yield _headline(host)
        yield self._state_line(host)
        yield from (f"Note: {printable(note)}\n" for note in host.notes)
        if host.timed_out:
            yield f"Gave up on {host.addr}: host timeout. What was found until then:\n"
        yield from ports
        if host.services:
            yield from self._service_lines(host)
        if self._options.explained or self._options.explain_all:
            yield from self._explanations(host)
        if host.mac:
            vendor = f" ({printable(host.vendor)})" if host.vendor else ""
            yield f"MAC Address: {host.mac}{vendor}\n"
        if host.os:
            from periplus.result.os import os_lines

            yield from os_lines(host.os, host.ended, bool(self._options.verbose))
        if host.trace:
            yield from _trace_lines(host.trace)
        yield "\n"

    def _state_line(self, host: HostReport) -> str:
        received = ""
        if self._reasons:
            verb = "by" if host.reason is Reason.USER_SET else "received"
            received = f", {verb} {_reason_ttl(host.reason, host.ttl)}"
        delay = f" ({latency(host.srtt_ms)}s latency)" if host.srtt_ms is not None else ""
        return f"Host is up{received}{delay}.\n"

    def _port_lines(self, host: HostReport, folded: Folded) -> Iterator[str]:
        if not folded.n_shown:
            return
        if not folded.groups:
            yield "\n"
        table = [(_head(host.columns), "STATE", "SERVICE", *self._more("REASON", "VERSION", host))]
        services = by_port(host)
        for row in rows(host, folded, self._options):
            service = services.get((row.proto, row.port))
            name = printable(nmap_name(service, row.service) or UNKNOWN_SERVICE)
            more = self._more(reason_text(row), printable(version_text(service)), host)
            table.append((_place(row.port, row.proto), row.state.word, name, *more))
        yield from _aligned(table)

    def _service_lines(self, host: HostReport) -> Iterator[str]:
        from periplus.result.tls import audit_lines

        facts = "; ".join(f"{title}: {printable(text)}" for title, text in host_facts(host))
        if facts:
            yield f"Service Info: {facts}\n"
        for service in host.services:
            yield from audit_lines(service)

    def _explanations(self, host: HostReport) -> Iterator[str]:
        """How those services were identified of which the user wants to know it."""
        from periplus.result.explain import explanation, unasked

        names = {host.addr, *(name.lower() for name, _ in host.names)}
        wanted = {port for name, port in self._options.explained if name in names}
        for service in host.services:
            if self._options.explain_all or service.port in wanted:
                yield "\n"
                yield from explanation(host.addr, service)
        for port in sorted(wanted - {service.port for service in host.services}):
            yield f"\n{unasked(host.addr, port)}"

    def _more(self, reason: str, version: str, host: HostReport) -> tuple[str, ...]:
        """The columns that are not always there."""
        return ((reason,) if self._reasons else ()) + ((version,) if host.services else ())


class TerminalTable(_Table):
    """What a run prints on standard output."""

    def begin(self, run: RunRow, /) -> None:
        """Write the first line, and with ``-v`` who answers for the scan."""
        lines = [f"Starting Periplus {run.version} at {clock_time(run.started)}\n"]
        if self._options.verbose and run.contact:
            lines.append(f"Contact: {printable(run.contact)}\n")
        self._sink.write(lines)

    def end(self, summary: SummaryRow, /) -> None:
        """Write the last lines."""
        verb = "done" if summary.exit == "success" else "stopped"
        last = [f"Periplus {verb}: {done_line(summary)}\n"]
        self._sink.write(last + [f"{line}\n" for line in _figures(summary, self._options)])


class FileTable(_Table):
    """What ``-oN`` writes."""

    def begin(self, run: RunRow, /) -> None:
        """Write the first line, and with ``-v`` the ports and who answers for the scan."""
        self._sink.write(header_lines(run, verbose=self._options.verbose))

    def end(self, summary: SummaryRow, /) -> None:
        """Write the last lines."""
        figures = [f"# {line}\n" for line in _figures(summary, self._options)]
        self._sink.write([footer_line(summary), *figures])


def header_lines(run: RunRow, *, verbose: int) -> list[str]:
    """The comment lines with which ``-oN`` and ``-oG`` begin."""
    started = f"{date_time(run.started)} UTC"
    lines = [f"# Periplus {run.version} scan initiated {started} as: {command_line(run.arguments)}\n"]
    if verbose:
        by_proto = {scan.proto: f"{len(scan.ports)};{port_list(scan.ports)}" for scan in run.scans}
        counts = " ".join(f"{proto.upper()}({by_proto.get(proto, '0;')})" for proto in ("tcp", "udp", "sctp"))
        protocols = by_proto.get(PROTOCOLS, "0;")
        lines.append(f"# Ports scanned: {counts} PROTOCOLS({protocols})\n")
        if run.contact:
            lines.append(f"# Contact: {printable(run.contact)}\n")
    return lines


def footer_line(summary: SummaryRow) -> str:
    """The comment line with which ``-oN`` and ``-oG`` end."""
    verb = "done" if summary.exit == "success" else "stopped"
    return f"# Periplus {verb} at {date_time(summary.ended)} UTC -- {done_line(summary)}\n"


def reason_text(row: PortRow) -> str:
    """Why, by whom and from how far: ``host-unreach from 198.18.0.254 ttl 63``."""
    sender = f" from {row.reason_addr}" if row.reason_addr else ""
    return _reason_ttl(row.reason, row.ttl, sender)


def _reason_ttl(reason: Reason, ttl: int | None, sender: str = "") -> str:
    return f"{reason.word}{sender}{'' if ttl is None else f' ttl {ttl}'}"


def _headline(host: HostReport, *, down: bool = False) -> str:
    names = harmless_names(host)
    who = f"{names[0]} ({host.addr})" if names else host.addr
    ending = f" [host down, received {host.reason.word}]" if down else ""
    also = f"Other names for {host.addr}: {' '.join(names[1:])}\n" if len(names) > 1 and not down else ""
    return f"Periplus scan report for {who}{ending}\n{also}"


def _not_shown(host: HostReport, folded: Folded) -> Iterator[str]:
    if not folded.groups:
        return
    if not folded.n_shown:
        noun = "protocols" if any(group.proto == PROTOCOLS for group in folded.groups) else "ports"
        yield f"All {folded.n_folded} scanned {noun} on {host.addr} are in ignored states.\n"
    yield f"Not shown: {', '.join(_counts(folded))}\n"


def _counts(folded: Folded) -> Iterable[str]:
    """``997 closed tcp ports (reset)`` for every folded group."""
    for group in folded.groups:
        if group.state is State.OPEN:
            noun = f"accepting {group.proto} port"
            yield f"{plural(group.count, noun, f'{noun}s')} (tarpit)"
            continue
        noun = f"{group.state.word} {f'{group.proto} port' if group.proto != PROTOCOLS else 'protocol'}"
        yield f"{plural(group.count, noun, f'{noun}s')} ({group.reason.word})"


def _aligned(table: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield lines in which columns begin below each other."""
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    for cells in table:
        line = " ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        yield f"{line.rstrip()}\n"


def _head(columns: Iterable[PortColumns]) -> str:
    """What the first column is called; a run asks ports or protocols, never both."""
    return "PROTOCOL" if any(each.proto == PROTOCOLS for each in columns) else "PORT"


def _place(port: int, proto: str) -> str:
    """``22/tcp``; of an IP protocol the bare number."""
    return str(port) if proto == PROTOCOLS else f"{port}/{proto}"


def _trace_lines(trace: Trace) -> Iterator[str]:
    """The way hop by hop; several silent hops in a row share a line, ``2   ... 4``."""
    using = ""
    if trace.proto is not None:
        number = trace.port if trace.port is not None else PROTOCOL_NUMBERS[trace.proto]
        using = f" (using {'proto' if trace.port is None else 'port'} {number}/{trace.proto})"
    rtts = [_round_trip(hop) for hop in trace.hops]
    width = max(len("RTT"), *map(len, rtts))
    yield f"\nTRACEROUTE{using}\n{'HOP':<3} {'RTT':<{width}} ADDRESS\n"
    silent: list[int] = []
    for hop, rtt in zip(trace.hops, rtts, strict=True):
        if hop.addr is None:
            silent.append(hop.ttl)
            continue
        yield from _silent_line(silent)
        silent = []
        who = f"{harmless_name(hop.names[0])} ({hop.addr})" if hop.names else hop.addr
        yield f"{hop.ttl:<3} {rtt:<{width}} {who}\n"
    yield from _silent_line(silent)


def _round_trip(hop: Hop) -> str:
    return "--" if hop.rtt_ms is None else f"{hop.rtt_ms:.2f} ms"


def _silent_line(ttls: list[int]) -> Iterator[str]:
    if ttls:
        yield f"{ttls[0]:<3} ...{f' {ttls[-1]}' if len(ttls) > 1 else ''}\n"


def _figures(summary: SummaryRow, options: Options) -> Iterator[str]:
    if summary.message:
        yield f"Reason: {printable(summary.message)}"
    yield figures_line(summary)
    yield from crowded_lines(summary)
    yield from silence_lines(summary)
    if summary.kernel_drops:
        yield (
            f"Warning: the kernel dropped {plural(summary.kernel_drops, 'frame', 'frames')} before we read them; "
            "a lower --max-rate avoids that"
        )
    if options.verbose and summary.discarded:
        kinds = (f"{printable(kind)} {count}" for kind, count in sorted(summary.discarded.items()))
        yield f"Frames that were no replies: {', '.join(kinds)}"
