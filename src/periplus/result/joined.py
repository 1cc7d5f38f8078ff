"""Joins NDJSON outputs of one scan: of its shards, or of a run that was interrupted and run again with the same seed.

The files are read line by line, one after the other. A host is told once, as the first file that finished it tells
it, with the lines that it has there; ports of hosts that no file finished follow at the end, each once. What is kept
in memory are the addresses of the hosts told, and the ports of hosts that are not finished yet.

A file of a killed run is as good as any other: its last line may be torn, and its summary may lack.

Limits: what a line of ours does not hold (which ports exactly are folded, whether a name was given or found) is not
known any more; the other formats are written as far as that goes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from periplus.errors import UsageError
from periplus.findings import WORDS, Passage, Way
from periplus.result.ndjson import CONTRACT, Ndjson
from periplus.result.osread import read_os
from periplus.result.row import (
    Crowded,
    Hop,
    HostReport,
    PortColumns,
    PortRow,
    RunRow,
    ScanRow,
    ServiceRow,
    Stopped,
    SummaryRow,
    Tarpit,
    Trace,
    Unlisted,
)
from periplus.result.sums import joined
from periplus.result.text import read_port_list
from periplus.space.course import parse_shard
from periplus.technique.verdict import Reason, State

__all__ = ["Join", "Lines", "Told"]

Row = dict[str, Any]
SAME = ("seed", "targets", "scans")


@dataclass(frozen=True, slots=True)
class Told(HostReport):
    """A host as a file tells it, with the lines that tell it."""

    lines: tuple[str, ...] = ()


class Lines(Ndjson):
    """Writes NDJSON hosts with the lines that they had, so that nothing of them is lost."""

    def host(self, host: HostReport, /) -> None:
        """Write the host's lines."""
        self._sink.write(host.lines if isinstance(host, Told) else ())


@dataclass(slots=True)
class _Part:
    """One of the files."""

    name: str
    run: Row
    summary: Row | None = None
    up: int = 0  # hosts that it tells to be up

    @property
    def shard(self) -> str | None:
        shard: str | None = self.run.get("shard")
        return shard

    @property
    def succeeded(self) -> bool:
        return self.summary is not None and self.summary["exit"] == "success"


@dataclass(slots=True)
class _Pending:
    """Ports and services of a host that is not finished in the file at hand, and their lines."""

    rows: list[Row] = field(default_factory=list)
    services: list[Row] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class Join:
    """Reads `files`; `run` first, then `hosts`, then `leftovers` and `summary`. UsageError: they do not fit."""

    def __init__(self, files: Sequence[str]) -> None:
        self._parts = [_Part(name, _first(name)) for name in files]
        for part in self._parts[1:]:
            _check_same(self._parts[0], part)
        self._told: dict[str, bool] = {}  # hosts, and whether they are up
        self._twice_up = 0
        self._left: dict[str, dict[tuple[str, int], Row]] = {}

    @property
    def run(self) -> RunRow:
        """The run of which all are parts."""
        first = self._parts[0].run
        return RunRow(
            version=first["version"],
            arguments=tuple(_without_shard(first["arguments"])),
            seed=first["seed"],
            started=min(_time(part.run["start"]) for part in self._parts),
            scans=tuple(
                ScanRow(scan["technique"], scan["proto"], read_port_list(scan["ports"]))
                for scan in first["scans"]
            ),
            targets=first["targets"],
            contact=first.get("contact"),
        )

    def hosts(self) -> Iterator[Told]:
        """Yield every finished host once."""
        for part in self._parts:
            pending: dict[str, _Pending] = {}
            for number, row, line in _rows(part.name):
                try:
                    told = self._take(part, pending, row, line)
                except (KeyError, ValueError, TypeError, AttributeError) as error:
                    raise _wrong(part.name, number) from error
                if told is not None:
                    yield told
            for addr, ports in pending.items():
                left = self._left.setdefault(addr, {})
                for row in ports.rows:
                    left.setdefault((row["proto"], row["port"]), row)

    def _take(self, part: _Part, pending: dict[str, _Pending], row: Row, line: str) -> Told | None:
        """Take a line in; return the host that it finishes, if that is news."""
        kind = row["type"]
        if kind in ("port", "service"):
            ports = pending.setdefault(row["addr"], _Pending())
            (ports.rows if kind == "port" else ports.services).append(row)
            ports.lines.append(line)
        elif kind == "summary":
            part.summary = row
        elif kind == "host":
            addr, up = row["addr"], row["up"]
            ports = pending.pop(addr, _Pending())
            part.up += up
            if addr in self._told:
                self._twice_up += up and self._told[addr]
                return None
            self._told[addr] = up
            return _host(row, ports, (*ports.lines, line))
        return None

    def leftovers(self) -> Iterator[PortRow]:
        """Yield the ports of hosts that no file finished."""
        for addr, ports in self._left.items():
            if addr not in self._told:
                yield from (_port(row) for row in ports.values())

    @property
    def missing(self) -> str:
        """What is not there in full, in words; empty when nothing lacks."""
        whole = [part for part in self._parts if part.succeeded]
        if any(part.shard is None for part in whole):
            return ""
        shards = {parse_shard(part.shard) for part in self._parts if part.shard}
        done = {parse_shard(part.shard) for part in whole if part.shard}
        parts = {shard.parts for shard in shards}
        if any(all((k, n) in {(s.number, s.parts) for s in done} for k in range(1, n + 1)) for n in parts):
            return ""
        torn = [part.name for part in self._parts if not part.succeeded]
        if torn:
            return f"not scanned to the end: {', '.join(torn)}"
        [n, *_] = sorted(parts)
        have = {shard.number for shard in done if shard.parts == n}
        return f"missing of {n} shards: {', '.join(str(k) for k in range(1, n + 1) if k not in have)}"

    def summary(self) -> SummaryRow:
        """The sum of all summaries, once all hosts were read."""
        rows = [_summary(part) for part in self._parts]
        seconds = max(row.ended for row in rows) - self.run.started
        hosts: int = self._parts[0].run["targets"]
        if self.missing:
            by_shard = {part.shard: row.hosts for part, row in zip(self._parts, rows, strict=True)}
            hosts = min(hosts, sum(by_shard.values()))
        total = joined(rows, hosts, max(seconds, 0.0))
        return replace(
            total,
            hosts_up=total.hosts_up - self._twice_up,
            exit="interrupted" if self.missing else "success",
            message=self.missing or None,
        )


def _first(name: str) -> Row:
    """The run line of a file."""
    for number, row, _ in _rows(name):
        if row.get("type") != "run":
            raise _wrong(name, number)
        if row.get("contract") != CONTRACT:
            raise UsageError(f"{name}: contract {row.get('contract')}, and this version reads {CONTRACT}")
        if not {"arguments", "version", "start", *SAME} <= row.keys():
            raise _wrong(name, number)
        return row
    raise UsageError(f"{name}: there is nothing in it")


def _check_same(one: _Part, other: _Part) -> None:
    for key in SAME:
        if one.run[key] != other.run[key]:
            raise UsageError(
                f"{other.name}: another scan than {one.name}: its {key} differ" + "s" * (key == "seed")
            )


def _rows(name: str) -> Iterator[tuple[int, Row, str]]:
    """Number, content and text of each line; the last may be torn."""
    try:
        with Path(name).open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    row = None
                if isinstance(row, dict) and line.endswith("\n"):
                    yield number, row, line
                elif line.endswith("\n"):
                    raise _wrong(name, number)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(f"{name}: this is no output of -oJ") from None


def _wrong(name: str, number: int) -> UsageError:
    return UsageError(f"{name}: line {number} is none that -oJ writes")


def _without_shard(arguments: Sequence[str]) -> Iterator[str]:
    words = iter(arguments)
    for word in words:
        if word == "--shard":
            next(words, None)
        elif not word.startswith("--shard="):
            yield word


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _state(word: str) -> State:
    return next(state for state in State if state.word == word)


def _reason(word: str) -> Reason:
    found = [reason for reason in Reason if reason.word == word]
    if not found:
        raise ValueError(word)
    return found[0]


def _port(row: Row) -> PortRow:
    return PortRow(
        addr=row["addr"],
        proto=row["proto"],
        port=row["port"],
        state=_state(row["state"]),
        reason=_reason(row["reason"]),
        tries=row["tries"],
        time=_time(row["time"]),
        ttl=row.get("ttl"),
        rtt_ms=row.get("rtt_ms"),
        reason_addr=row.get("sender"),
        service=row.get("service"),
    )


def _host(row: Row, found: _Pending, lines: tuple[str, ...]) -> Told:
    rows = [_port(each) for each in found.rows]
    protos = row["counts"]
    return Told(
        addr=row["addr"],
        up=row["up"],
        reason=_reason(row["reason"]),
        columns=tuple(_columns(proto, [each for each in rows if each.proto == proto]) for proto in protos),
        started=_time(row["start"]),
        ended=_time(row["end"]),
        names=tuple((name, "PTR") for name in row["names"]),
        ttl=row.get("ttl"),
        srtt_ms=row.get("srtt_ms"),
        mac=row.get("mac"),
        vendor=row.get("vendor"),
        timed_out=row.get("timed_out", False),
        listed=row.get("listed", False),
        notes=tuple(row.get("notes", ())),
        trace=_trace(row["trace"]) if "trace" in row else None,
        tarpit=_tarpit(row["tarpit"]) if "tarpit" in row else None,
        stopped=tuple(Stopped(**each) for each in row.get("stopped", ())),
        os=read_os(row["os"]) if "os" in row else None,
        unlisted=tuple(each for proto in protos for each in _unlisted(proto, row["reasons"][proto], rows)),
        services=tuple(map(_service, found.services)),
        lines=lines,
    )


def _service(row: Row) -> ServiceRow:
    evidence = row["evidence"]
    next_likely = evidence.get("runner_up")
    said = row.get("said")
    return ServiceRow(
        proto=row["proto"],
        port=row["port"],
        came=row["came"],
        name=row.get("service"),
        confidence=row.get("confidence", 0.0),
        why=evidence.get("why", ""),
        runner_up=(next_likely["service"], next_likely["confidence"]) if next_likely else None,
        **{word: row.get(word) for word in WORDS},
        cpe=tuple(row.get("cpe", ())),
        rule=evidence.get("rule"),
        tls=row.get("tls"),
        detail=row.get("detail", {}),
        passages=(Passage(Way.THEIRS, said.encode("latin-1"), 0.0),) if said else (),
        problems=tuple(evidence.get("problems", ())),
    )


def _unlisted(proto: str, reasons: dict[str, dict[str, int]], rows: list[PortRow]) -> Iterator[Unlisted]:
    """What is counted beyond the ports that have a line."""
    for state_word, counts in reasons.items():
        for reason_word, count in counts.items():
            state, reason = _state(state_word), _reason(reason_word)
            seen = sum((each.proto, each.state, each.reason) == (proto, state, reason) for each in rows)
            if count > seen:
                yield Unlisted(proto, state, reason, count - seen)


def _columns(proto: str, rows: list[PortRow]) -> PortColumns:
    rows = sorted(rows, key=lambda each: each.port)
    return PortColumns(
        proto=proto,
        ports=np.array([each.port for each in rows], np.uint16),
        state=np.array([each.state for each in rows], np.uint8),
        reason=np.array([each.reason for each in rows], np.uint8),
        ttl=np.array([each.ttl or 0 for each in rows], np.uint8),
        tries=np.array([each.tries for each in rows], np.uint8),
        rtt_ms=np.array([np.nan if each.rtt_ms is None else each.rtt_ms for each in rows], np.float32),
        senders={each.port: each.reason_addr for each in rows if each.reason_addr},
    )


def _trace(row: Row) -> Trace:
    hops = tuple(
        Hop(hop["ttl"], hop.get("addr"), hop.get("rtt_ms"), tuple(hop.get("names", ())))
        for hop in row["hops"]
    )
    return Trace(hops, row.get("proto"), row.get("port"))


def _tarpit(row: Row) -> Tarpit:
    return Tarpit(
        proto=row["proto"],
        kind=row["kind"],
        ports=np.array(read_port_list(row["ports"]), np.uint16),
        probed=row["probed"],
        asked=row["asked"],
        alike=row["alike"],
        controls=row["controls"],
        taken=row["taken"],
        ttl=row.get("ttl"),
        window=row.get("window"),
    )


def _summary(part: _Part) -> SummaryRow:
    row = part.summary
    if row is None:
        return SummaryRow(part.up, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, _time(part.run["start"]), exit="interrupted")
    return SummaryRow(
        hosts_up=row["hosts_up"],
        hosts=row["hosts"],
        probes=row["probes"],
        replies=row["replies"],
        loss=row.get("loss"),
        expected_missed_open=row.get("expected_missed_open", 0.0),
        seconds=row["seconds"],
        rate=row["rate"],
        ended=_time(row["end"]),
        kernel_drops=row["kernel_drops"],
        discarded=row["discarded"],
        exit=row["exit"],
        message=row.get("message"),
        crowded=tuple(Crowded(each["network"], each["hosts"], each["up"]) for each in row.get("crowded", ())),
        stopped=row.get("stopped", 0),
        outages=row.get("outages", 0),
    )
