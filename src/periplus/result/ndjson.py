"""``-oJ``: one JSON object a line, the contract with other programs.

`docs/ndjson.md` documents the fields, `data/ndjson.schema.json` is their schema; a test holds every line to it.
A ``port`` line is written as soon as the port is found open; the others of a host and its ``host`` line when
it is finished. A field whose value is not known is left out. Text is ASCII with JSON escapes, so nothing in
it can reach a terminal as a control character.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from periplus.findings import WORDS, Detail, OsClass, OsGuess
from periplus.result.fold import Folded, Folder, rows
from periplus.result.missed import missed_95
from periplus.result.row import (
    Hop,
    HostReport,
    OsMatch,
    OsPassive,
    OsRow,
    PortColumns,
    PortRow,
    RunRow,
    ServiceRow,
    SummaryRow,
    Tarpit,
    Trace,
)
from periplus.result.services import said
from periplus.result.sink import Sink
from periplus.result.text import faithful, iso_time, port_list
from periplus.result.writer import Options, Writer
from periplus.technique.verdict import Reason, State

__all__ = ["CONTRACT", "Ndjson"]

CONTRACT = 2  # raised when a field changes its meaning or goes; new fields may come without it


class Ndjson(Writer):
    """The writer of ``-oJ``."""

    early = True

    def __init__(self, sink: Sink, options: Options) -> None:
        import json  # a run without -oJ has no use for it

        super().__init__(sink, options)
        self._folder = Folder(options, unfold=options.all_states)
        self._told: dict[str, set[tuple[str, int]]] = {}  # ports told before their host was finished
        self._encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

    def recall(self, memory: dict[str, Any], /) -> None:
        """Know again which ports of unfinished hosts have their line."""
        self._told = {addr: {(proto, port) for proto, port in told} for addr, told in memory["told"].items()}

    def memory(self) -> dict[str, Any]:
        """Which ports of unfinished hosts have their line."""
        return {"told": {addr: sorted(told) for addr, told in self._told.items()}}

    def begin(self, run: RunRow, /) -> None:
        """Write the ``run`` line."""
        row = {
            "type": "run",
            "contract": CONTRACT,
            "version": run.version,
            "arguments": [faithful(each) for each in run.arguments],
            "seed": run.seed,
            "start": iso_time(run.started),
            "scans": [
                {"technique": scan.technique, "proto": scan.proto, "ports": port_list(scan.ports)}
                for scan in run.scans
            ],
            "targets": run.targets,
            "contact": None if run.contact is None else faithful(run.contact),
            "shard": run.shard,
        }
        self._sink.write([self._line(row)])

    def finding(self, row: PortRow, /) -> None:
        """Write the ``port`` line of an open port at once, and remember that it is written."""
        told = self._told.setdefault(row.addr, set())
        if (row.proto, row.port) in told:
            return
        told.add((row.proto, row.port))
        name = row.service or self._options.services.names([row.port], row.proto).get(row.port)
        self._sink.write([self._line(_port(row, name, iso_time(row.time)))])

    def host(self, host: HostReport, /) -> None:
        """Write the ports of the host that are not written yet, then its ``host`` line."""
        told = self._told.pop(host.addr, set())
        folded = self._folder.fold(host)
        if folded.possibly_open or not self._options.open_only:
            self._sink.write(self._host_lines(host, folded, told))

    def end(self, summary: SummaryRow, /) -> None:
        """Write the ``summary`` line."""
        row = {
            "type": "summary",
            "hosts_up": summary.hosts_up,
            "hosts": summary.hosts,
            "probes": summary.probes,
            "replies": summary.replies,
            "loss": _number(summary.loss, 6),
            "expected_missed_open": _number(summary.expected_missed_open, 6),
            "missed_open_95": None if summary.loss is None else list(missed_95(summary.expected_missed_open)),
            "seconds": _number(summary.seconds, 3),
            "rate": _number(summary.rate, 1),
            "kernel_drops": summary.kernel_drops,
            "discarded": summary.discarded,
            "crowded": [asdict(each) for each in summary.crowded] or None,
            "stopped": summary.stopped or None,
            "outages": summary.outages or None,
            "end": iso_time(summary.ended),
            "exit": summary.exit,
            "message": None if summary.message is None else faithful(summary.message),
        }
        self._sink.write([self._line(row)])

    def _host_lines(self, host: HostReport, folded: Folded, told: set[tuple[str, int]]) -> Iterator[str]:
        when = iso_time(host.ended)
        for row in rows(host, folded, self._options):
            if (row.proto, row.port) not in told:
                yield self._line(_port(row, row.service, when))
        yield from (self._line(_service(host.addr, service)) for service in host.services)
        yield self._line(_host(host))

    def _line(self, row: dict[str, Any]) -> str:
        return self._encode(_known(row)) + "\n"


def _number(value: float | None, digits: int) -> float | None:
    """`value` rounded; None when it is no number, which leaves its field out."""
    return round(float(value), digits) if value is not None and math.isfinite(value) else None


def _port(row: PortRow, service: str | None, when: str) -> dict[str, Any]:
    return {
        "type": "port",
        "addr": row.addr,
        "proto": row.proto,
        "port": row.port,
        "state": row.state.word,
        "reason": row.reason.word,
        "ttl": row.ttl,
        "rtt_ms": _number(row.rtt_ms, 3),
        "tries": row.tries,
        "service": None if service is None else faithful(service),
        "sender": row.reason_addr,
        "time": when,
    }


def _host(host: HostReport) -> dict[str, Any]:
    return {
        "type": "host",
        "addr": host.addr,
        "up": host.up,
        "listed": True if host.listed else None,
        "reason": host.reason.word,
        "ttl": host.ttl,
        "names": list(dict.fromkeys(faithful(name) for name, _ in host.names)),
        "counts": {columns.proto: _counts(columns) for columns in host.columns},
        "reasons": {columns.proto: _reasons(columns) for columns in host.columns},
        "srtt_ms": _number(host.srtt_ms, 3),
        "mac": host.mac,
        "vendor": faithful(host.vendor) if host.vendor else None,
        "timed_out": True if host.timed_out else None,
        "notes": [faithful(note) for note in host.notes] or None,
        "trace": _trace(host.trace) if host.trace else None,
        "tarpit": _tarpit(host.tarpit) if host.tarpit else None,
        "stopped": [asdict(each) for each in host.stopped] or None,
        "os": _os(host.os) if host.os else None,
        "start": iso_time(host.started),
        "end": iso_time(host.ended),
    }


def _service(addr: str, service: ServiceRow) -> dict[str, Any]:
    """Who answers at a port; texts of the service itself are `faithful`, `detail` holds what its protocol states."""
    runner_up = service.runner_up
    told = {word: getattr(service, word) for word in WORDS}
    return {
        "type": "service",
        "addr": addr,
        "proto": service.proto,
        "port": service.port,
        "came": service.came,
        "service": service.name,
        "confidence": _number(service.confidence, 2) if service.name else None,
        **{word: None if text is None else faithful(text) for word, text in told.items()},
        "cpe": list(service.cpe) or None,
        "evidence": _known(
            {
                "why": service.why or None,
                "rule": service.rule,
                "runner_up": None
                if runner_up is None
                else {"service": runner_up[0], "confidence": runner_up[1]},
                "problems": [faithful(each) for each in service.problems] or None,
            }
        ),
        "said": said(service),
        "tls": _plain(dict(service.tls)) if service.tls else None,
        "detail": _plain(dict(service.detail)) if service.detail else None,
    }


def _plain(value: Detail) -> Any:
    """A value of a peer with its texts made `faithful`."""
    if isinstance(value, str):
        return faithful(value)
    if isinstance(value, dict):
        return {faithful(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _trace(trace: Trace) -> dict[str, Any]:
    row = {"proto": trace.proto, "port": trace.port, "hops": [_hop(hop) for hop in trace.hops]}
    return _known(row)


def _tarpit(found: Tarpit) -> dict[str, Any]:
    return _known(
        {
            "proto": found.proto,
            "kind": found.kind,
            "ports": port_list(found.ports),
            "accepting": len(found.ports),
            "probed": found.probed,
            "asked": found.asked,
            "alike": found.alike,
            "controls": found.controls,
            "taken": found.taken,
            "ttl": found.ttl,
            "window": found.window,
        }
    )


def _os(found: OsRow) -> dict[str, Any]:
    """What ``-O`` found; names come from a file or from services."""
    index, word = found.difficulty or (None, None)
    ports = {"tcp_open": found.open_port, "tcp_closed": found.closed_port, "udp_closed": found.udp_port}
    return _known(
        {
            "answers": [_guess(each) for each in found.guesses] or None,
            "matches": [_match(each) for each in found.matches] or None,
            "source": None if found.source is None else faithful(found.source),
            "fingerprint": found.fingerprint,
            "ports": _known(ports) or None,
            "distance": found.distance,
            "uptime_s": _number(found.uptime_s, 2),
            "timestamp_hz": _number(found.stamp_hz, 2),
            "sequence_index": index,
            "sequence_difficulty": word,
            "ip_id_class": found.ids,
            "timestamp_class": found.stamp_class,
            "rows": {key: list(row) for key, row in found.values.items()} or None,
            "why": found.why,
            "passive": _passive(found.passive) if found.passive else None,
        }
    )


def _passive(found: OsPassive) -> dict[str, Any]:
    """The SYN-ACK, and what it speaks for."""
    return _known(asdict(found.shown) | {"matches": [_match(each) for each in found.matches] or None})


def _guess(guess: OsGuess) -> dict[str, Any]:
    return {
        "name": faithful(guess.name),
        "family": faithful(guess.family),
        "confidence": _number(guess.confidence, 2),
        "evidence": [faithful(each) for each in guess.evidence],
    }


def _match(match: OsMatch) -> dict[str, Any]:
    return {
        "name": faithful(match.name),
        "accuracy": _number(match.accuracy, 4),
        "line": match.line,
        "classes": [_os_class(each) for each in match.classes],
    }


def _os_class(each: OsClass) -> dict[str, Any]:
    return _known(
        {
            "vendor": faithful(each.vendor),
            "family": faithful(each.family),
            "generation": None if each.generation is None else faithful(each.generation),
            "type": faithful(each.kind),
            "cpe": [faithful(cpe) for cpe in each.cpe] or None,
        }
    )


def _hop(hop: Hop) -> dict[str, Any]:
    names = [faithful(name) for name in hop.names] or None
    return _known({"ttl": hop.ttl, "addr": hop.addr, "rtt_ms": _number(hop.rtt_ms, 3), "names": names})


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Return the fields whose value is known."""
    return {key: value for key, value in row.items() if value is not None}


def _counts(columns: PortColumns) -> dict[str, int]:
    counts = np.bincount(columns.state, minlength=len(State)).tolist()
    return {state.word: counts[state] for state in State if counts[state]}


def _reasons(columns: PortColumns) -> dict[str, dict[str, int]]:
    counts = np.bincount(columns.state.astype(np.int32) * len(Reason) + columns.reason)
    told: dict[str, dict[str, int]] = {}
    for kind in np.flatnonzero(counts).tolist():
        state, reason = divmod(kind, len(Reason))
        told.setdefault(State(state).word, {})[Reason(reason).word] = int(counts[kind])
    return told
