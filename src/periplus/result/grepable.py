"""``-oG``: one line a host, Nmap's deprecated and beloved format, field by field.

A host that is up has a line ``Status: Up`` and a line ``Ports:`` with seven fields a port (port, state, protocol,
owner, service, RPC, version), parted by slashes; of IP protocols a line ``Protocols:`` with number, state and name.
``Ignored State:`` follows when exactly one state is folded; it is ``open`` where something accepts everything.
Names and services lose what would end a field. Lines are appended by host. Notes and the way to a host are comments,
as Nmap has no field for them.
"""

from collections.abc import Iterator

import numpy as np

from periplus.columns import Mask, distinct
from periplus.result.batch import HostBatch, Hosts, PortTable
from periplus.result.fold import Folded, FoldedBatch, Folder, fold_batch, rows, told
from periplus.result.normal import footer_line, header_lines
from periplus.result.os import best_name
from periplus.result.row import PROTOCOLS, HostReport, PortRow, RunRow, ServiceRow, SummaryRow
from periplus.result.services import by_port, nmap_name, version_text
from periplus.result.sink import Sink
from periplus.result.text import crowded_lines, harmless_name, harmless_names, printable, silence_lines
from periplus.result.writer import Options, Writer
from periplus.technique.verdict import State

__all__ = ["Grepable"]

_WORDS = tuple(state.word for state in State)

FIELD_MARKS = str.maketrans({"/": "|", ",": ";", "\t": " "})


class Grepable(Writer):
    """The writer of ``-oG``."""

    def __init__(self, sink: Sink, options: Options) -> None:
        super().__init__(sink, options)
        self._folder = Folder(options)

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
        folded = self._folder.fold(host)
        if folded.possibly_open or not self._options.open_only:
            self._sink.write(self._host_lines(host, who, folded))

    def hosts(self, hosts: Hosts, /) -> None:
        """Write several hosts; of a batch all at once."""
        if isinstance(hosts, HostBatch):
            self._sink.write(self._batch_pieces(hosts))
        else:
            super().hosts(hosts)

    def _batch_pieces(self, batch: HostBatch) -> Iterator[str]:
        """A piece a host: the same lines as `host` writes."""
        folded = fold_batch(batch, self._options)
        who = self._who(batch)
        ports = self._port_lines(batch, folded)
        extra = {row: self._extra_lines(batch, row, who[row]) for row in _special(batch)}
        up = batch.up.tolist()
        for row in np.flatnonzero(told(batch, folded, self._options)).tolist():
            if up[row]:
                line = f"{who[row]}\t{ports[row]}\n" if ports[row] else ""
                yield f"{who[row]}\tStatus: Up\n{extra.get(row, '')}{line}"
            else:
                yield f"{who[row]}\tStatus: Down\n"

    @staticmethod
    def _who(batch: HostBatch) -> list[str]:
        who = [f"Host: {addr} ()" for addr in batch.texts]
        for row, names in batch.names.items():
            who[row] = f"Host: {batch.texts[row]} ({harmless_name(names[0][0])})"
        return who

    @staticmethod
    def _extra_lines(batch: HostBatch, row: int, who: str) -> str:
        notes = "".join(
            f"# Note on {batch.texts[row]}: {printable(note)}\n" for note in batch.notes.get(row, ())
        )
        return f"{notes}{who}\tStatus: Timeout\n" if batch.timed_out[row] else notes

    def _port_lines(self, batch: HostBatch, folded: FoldedBatch) -> list[str]:
        """By host the end of its line of ports; empty where it has none."""
        table = batch.table
        if table is None:
            return [""] * len(batch)
        heading = "Protocols" if table.proto == PROTOCOLS else "Ports"
        fields = self._fields(table, folded.shown)
        shown = table.by_host(folded.shown)
        stops = np.cumsum(shown)
        ignored = _ignored(folded)
        lines = [
            f"{heading}: {', '.join(fields[start:stop])}{end}"
            for start, stop, end in zip((stops - shown).tolist(), stops.tolist(), ignored, strict=True)
        ]
        for row in np.flatnonzero(table.count == 0).tolist():
            lines[row] = ""
        return lines

    def _fields(self, table: PortTable, shown: Mask) -> list[str]:
        """The fields of the ports that are shown: ports in the same state have the same text."""
        key = table.ports[shown].astype(np.int32) * len(State) + table.state[shown]
        known = distinct(key)
        ports, states = (each.tolist() for each in np.divmod(known, len(State)))
        names = self._options.services.names([*dict.fromkeys(ports)], table.proto)
        texts = [
            _field(port, _WORDS[state], table.proto, names.get(port))
            for port, state in zip(ports, states, strict=True)
        ]
        return [texts[at] for at in np.searchsorted(known, key).tolist()]

    def end(self, summary: SummaryRow, /) -> None:
        """Write the last line."""
        crowded = [f"# {line}\n" for line in (*crowded_lines(summary), *silence_lines(summary))]
        self._sink.write([*crowded, footer_line(summary)])

    def _host_lines(self, host: HostReport, who: str, folded: Folded) -> Iterator[str]:
        yield f"{who}\tStatus: Up\n"
        yield from (f"# Note on {host.addr}: {printable(note)}\n" for note in host.notes)
        if host.os and (name := best_name(host.os)):
            yield f"# OS of {host.addr}: {printable(name)}\n"
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
        heading = "Protocols" if protocols else "Ports"
        services = by_port(host)
        ports = ", ".join(
            _port(row, services.get((row.proto, row.port))) for row in rows(host, folded, self._options)
        )
        ignored = ""
        if len(states) == 1:
            state, groups = states[0]
            ignored = f"\tIgnored State: {state.word} ({sum(group.count for group in groups)})"
        yield f"{who}\t{heading}: {ports}{ignored}\n"


def _port(row: PortRow, service: ServiceRow | None) -> str:
    name = nmap_name(service, row.service)
    return _field(row.port, row.state.word, row.proto, name, version_text(service))


def _field(port: int, state: str, proto: str, name: str | None, version: str = "") -> str:
    service = printable(name or "").translate(FIELD_MARKS)
    if proto == PROTOCOLS:
        return f"{port}/{state}/{service}/"
    return f"{port}/{state}/{proto}//{service}//{printable(version).translate(FIELD_MARKS)}/"


def _special(batch: HostBatch) -> set[int]:
    """The hosts that have more lines than others."""
    return {*batch.notes, *np.flatnonzero(batch.timed_out).tolist()}


def _ignored(folded: FoldedBatch) -> list[str]:
    """By host what its line of ports ends with: the state that is folded, if there is just one."""
    state = folded.folded.argmax(axis=1)
    count = folded.counts[np.arange(len(state)), state] * (folded.folded.sum(axis=1) == 1)
    pairs = zip(state.tolist(), count.tolist(), strict=True)
    return [f"\tIgnored State: {_WORDS[each]} ({n})" if n else "" for each, n in pairs]
