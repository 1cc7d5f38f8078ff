"""``-oX``: Nmap's XML, for the many tools that read it.

The document follows Nmap's own DTD (``nmap.dtd`` 1.05), which decides three things that one may not expect:
``scanner`` is "nmap", the only value that it allows; ``exit`` knows "success" and "error" but not "interrupted", so
an interrupted run is an error whose ``errormsg`` says "interrupted"; and ``runstats`` must be there, so a file that a
killed run leaves ends with an error that says that the run had not ended. Ports that something accepts in place of
services are ``extraports`` whose state is "open", which is what their handshakes said; the host's comment tells more.

XML 1.0 cannot hold control characters even when escaped: names are made harmless and other text printable
before it becomes an attribute.
"""

from collections.abc import Iterator
from typing import Any

from periplus.result.fold import Folded, Folder, rows
from periplus.result.osxml import os_elements
from periplus.result.row import Hop, HostReport, PortRow, RunRow, ServiceRow, SummaryRow, Trace
from periplus.result.scripts import scripts
from periplus.result.services import by_port, from_the_start, nmap_cpe, said
from periplus.result.sink import Sink
from periplus.result.text import (
    address_key,
    command_line,
    date_time,
    done_line,
    harmless_name,
    port_list,
    xml_attribute,
)
from periplus.result.tls import Table
from periplus.result.writer import Options, Writer

__all__ = ["NmapXml"]

XML_VERSION = "1.05"
_SAME = ("ack", "connect", "fin", "maimon", "null", "syn", "udp", "window", "xmas")
SCAN_TYPES = {name: name for name in _SAME} | {
    "protocol": "ipproto",
    "sctp-cookie": "sctpcookieecho",
    "sctp-init": "sctpinit",
}
SERVICE_BY_TABLE = 3  # Nmap's confidence in a name that only the port number suggests
MOST_CONFIDENCE = 10
UNKNOWN = "unknown"


class NmapXml(Writer):
    """The writer of ``-oX``."""

    def __init__(self, sink: Sink, options: Options) -> None:
        super().__init__(sink, options)
        self._folder = Folder(options)
        self._hosts = self._hosts_up = 0
        self._started = 0.0

    def recall(self, memory: dict[str, Any], /) -> None:
        """Go on counting."""
        self._hosts, self._hosts_up = memory["hosts"], memory["hosts_up"]
        self._started = memory["started"]

    def memory(self) -> dict[str, Any]:
        """The counts that stand at the end of the document."""
        return {"hosts": self._hosts, "hosts_up": self._hosts_up, "started": self._started}

    def begin(self, run: RunRow, /) -> None:
        """Write the prologue, and the end that a killed run would have."""
        self._started = run.started
        self._sink.write(_prologue(run, self._options.verbose), self._unfinished(run.started))

    def host(self, host: HostReport, /) -> None:
        """Write the host; hosts that are down only with ``-v``."""
        self._hosts += 1
        self._hosts_up += host.up
        folded = self._folder.fold(host)
        hidden = (
            not folded.possibly_open
            if self._options.open_only
            else not (host.up or host.listed or self._options.verbose)
        )
        pieces = iter(()) if hidden else self._host_pieces(host, folded)
        self._sink.write(pieces, self._unfinished(host.ended))

    def end(self, summary: SummaryRow, /) -> None:
        """Write the end of the document."""
        message = summary.message or ("" if summary.exit == "success" else summary.exit)
        self._sink.write([], _ending(summary, message, success=summary.exit == "success"))

    def _unfinished(self, now: float) -> str:
        seconds = max(0.0, now - self._started)
        so_far = SummaryRow(self._hosts_up, self._hosts, 0, 0, 0.0, 0.0, seconds, 0.0, now)
        return _ending(so_far, "the run had not ended when this was written", success=False)

    def _host_pieces(self, host: HostReport, folded: Folded) -> Iterator[str]:
        yield f"<host{_host_attributes(host)}>{_status(host)}\n{_addresses(host)}{_hostnames(host)}"
        if folded.groups or folded.n_shown:
            yield "<ports>"
            yield from _extraports(folded)
            services = by_port(host)
            for row in rows(host, folded, self._options):
                yield _port(row, services.get((row.proto, row.port)))
            yield "</ports>\n"
        if host.os:
            yield os_elements(host.os, host.ended)
        yield (_trace(host.trace) if host.trace else "") + _times(host) + "</host>\n"


def _prologue(run: RunRow, verbose: int) -> Iterator[str]:
    started = date_time(run.started)
    args = xml_attribute(command_line(run.arguments))
    comment = args.replace("--", "-&#45;")
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
    yield f"<!-- Periplus {run.version} scan initiated {started} UTC as: {comment} -->\n"
    yield (
        f'<nmaprun scanner="nmap" args="{args}" start="{int(run.started)}" startstr="{started}" '
        f'version="{xml_attribute(run.version)}" xmloutputversion="{XML_VERSION}">\n'
    )
    for scan in run.scans:
        if scan.technique in SCAN_TYPES:
            yield (
                f'<scaninfo type="{SCAN_TYPES[scan.technique]}" protocol="{scan.proto}" '
                f'numservices="{len(scan.ports)}" services="{port_list(scan.ports)}"/>\n'
            )
    yield f'<verbose level="{verbose}"/>\n<debugging level="0"/>\n'


def _ending(summary: SummaryRow, message: str, *, success: bool) -> str:
    ended = date_time(summary.ended)
    verb = "done" if success else "stopped"
    text = f"Periplus {verb} at {ended} UTC; {done_line(summary)}"
    error = f' errormsg="{xml_attribute(message)}"' if message else ""
    return (
        f'<runstats><finished time="{int(summary.ended)}" timestr="{ended}" summary="{xml_attribute(text)}" '
        f'elapsed="{summary.seconds:.2f}" exit="{"success" if success else "error"}"{error}/>'
        f'<hosts up="{summary.hosts_up}" down="{summary.hosts - summary.hosts_up}" total="{summary.hosts}"/>\n'
        "</runstats>\n</nmaprun>\n"
    )


def _host_attributes(host: HostReport) -> str:
    timed_out = ' timedout="true"' if host.timed_out else ""
    comment = f' comment="{xml_attribute("; ".join(host.notes))}"' if host.notes else ""
    return f' starttime="{int(host.started)}" endtime="{int(host.ended)}"{timed_out}{comment}'


def _status(host: HostReport) -> str:
    state = "unknown" if host.listed else "up" if host.up else "down"
    return f'<status state="{state}" reason="{host.reason.word}" reason_ttl="{host.ttl or 0}"/>'


def _addresses(host: HostReport) -> str:
    first = f'<address addr="{xml_attribute(host.addr)}" addrtype="{address_key(host.addr)}"/>\n'
    if not host.mac:
        return first
    vendor = f' vendor="{xml_attribute(host.vendor)}"' if host.vendor else ""
    return f'{first}<address addr="{xml_attribute(host.mac.upper())}" addrtype="mac"{vendor}/>\n'


def _hostnames(host: HostReport) -> str:
    names = (
        f'<hostname name="{xml_attribute(harmless_name(name))}" type="{"PTR" if kind == "PTR" else "user"}"/>\n'
        for name, kind in host.names
    )
    return f"<hostnames>\n{''.join(names)}</hostnames>\n"


def _extraports(folded: Folded) -> Iterator[str]:
    for state, groups in folded.states():
        yield f'<extraports state="{state.word}" count="{sum(group.count for group in groups)}">\n'
        for group in groups:
            ports = f' ports="{port_list(group.ports)}"' if len(group.ports) else ""
            yield (
                f'<extrareasons reason="{group.reason.word}" count="{group.count}" proto="{group.proto}"'
                f"{ports}/>\n"
            )
        yield "</extraports>\n"


def _port(row: PortRow, service: ServiceRow | None) -> str:
    sender = f' reason_ip="{xml_attribute(row.reason_addr)}"' if row.reason_addr else ""
    return (
        f'<port protocol="{row.proto}" portid="{row.port}"><state state="{row.state.word}" '
        f'reason="{row.reason.word}" reason_ttl="{row.ttl or 0}"{sender}/>{_service(row, service)}</port>\n'
    )


def _service(row: PortRow, service: ServiceRow | None) -> str:
    """The service as it was found, or else as the table of ports has it, with what was heard of it."""
    if service is None and row.service is None:
        return ""
    name = (service.name if service else None) or row.service or UNKNOWN
    if service is None or service.name is None:
        known: dict[str, str | None] = {"tunnel": _tunnel(service), "method": "table"}
        known |= {"conf": str(SERVICE_BY_TABLE), "servicefp": said(service) if service else None}
    else:
        known = {
            "product": service.product,
            "version": service.version,
            "extrainfo": service.info,
            "hostname": service.hostname,
            "ostype": service.os,
            "devicetype": service.device,
            "tunnel": _tunnel(service),
            "method": "probed",
            "conf": str(max(1, round(service.confidence * MOST_CONFIDENCE))),
        }
    told = "".join(f' {key}="{xml_attribute(value)}"' for key, value in known.items() if value)
    cpes = "".join(f"<cpe>{xml_attribute(nmap_cpe(each))}</cpe>" for each in service.cpe) if service else ""
    inside = f">{cpes}</service>" if cpes else "/>"
    return f'<service name="{xml_attribute(name)}"{told}{inside}{_scripts(service) if service else ""}'


def _tunnel(service: ServiceRow | None) -> str | None:
    """``ssl`` where TLS is spoken from the start, which STARTTLS is not."""
    return "ssl" if service is not None and from_the_start(service) else None


def _scripts(service: ServiceRow) -> str:
    return "".join(
        f'<script id="{name}" output="{_lines(text)}">{_inside(table)}</script>'
        for name, text, table in scripts(service)
    )


def _inside(held: Table | list[Table] | list[str]) -> str:
    """The elements and tables of a table, or of a list."""
    if isinstance(held, dict):
        return "".join(_entry(key, value) for key, value in held.items() if value)
    return "".join(
        f"<elem>{xml_attribute(each)}</elem>\n"
        if isinstance(each, str)
        else f"<table>\n{_inside(each)}</table>\n"
        for each in held
    )


def _entry(key: str, value: str | Table | list[Table] | list[str]) -> str:
    name = xml_attribute(key)
    if isinstance(value, str):
        return f'<elem key="{name}">{xml_attribute(value)}</elem>\n'
    return f'<table key="{name}">\n{_inside(value)}</table>\n'


def _lines(text: str) -> str:
    """An attribute that keeps the ends of its lines."""
    return "&#xa;".join(xml_attribute(line) for line in text.split("\n"))


def _trace(trace: Trace) -> str:
    """The way; hops that never answered are left out, as Nmap does, and show by their number."""
    port = "" if trace.port is None else f' port="{trace.port}"'
    proto = "" if trace.proto is None else f' proto="{trace.proto}"'
    hops = "".join(_hop(hop, hop.addr) for hop in trace.hops if hop.addr is not None)
    return f"<trace{port}{proto}>\n{hops}</trace>\n"


def _hop(hop: Hop, addr: str) -> str:
    rtt = "--" if hop.rtt_ms is None else f"{hop.rtt_ms:.2f}"
    host = f' host="{xml_attribute(harmless_name(hop.names[0]))}"' if hop.names else ""
    return f'<hop ttl="{hop.ttl}" ipaddr="{xml_attribute(addr)}" rtt="{rtt}"{host}/>\n'


def _times(host: HostReport) -> str:
    if host.srtt_ms is None:
        return ""
    microseconds = [round(1000 * (each or 0.0)) for each in (host.srtt_ms, host.rttvar_ms, host.timeout_ms)]
    return '<times srtt="{}" rttvar="{}" to="{}"/>\n'.format(*microseconds)
