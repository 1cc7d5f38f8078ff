"""Batches of hosts for tests: made of reports, and drawn."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.result.examples import NASTY, START

from periplus.columns import F64
from periplus.result.batch import HostBatch, PortTable
from periplus.result.row import HostReport, PortColumns
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.technique.verdict import Reason, State

PORTS = (22, 80, 81, 443, 5000, *range(6000, 6030))
ADDRESSES = ("198.18.0.1", "198.18.0.2", "198.18.255.3", "2001:db8::1", "2001:db8::")


def batch_of(reports: Sequence[HostReport], proto: str | None = "tcp") -> HostBatch:
    """These hosts as columns; each has ports of `proto`, those that are down none, or with None nobody has."""
    return HostBatch(
        addresses=Addresses.of_ints(parse_ip(each.addr) for each in reports),
        up=np.array([each.up for each in reports], np.bool_),
        reason=np.array([each.reason for each in reports], np.uint8),
        started=np.array([each.started for each in reports], np.float64),
        ended=np.array([each.ended for each in reports], np.float64),
        ttl=np.array([each.ttl or 0 for each in reports], np.uint8),
        srtt_ms=_times([each.srtt_ms for each in reports]),
        rttvar_ms=_times([each.rttvar_ms for each in reports]),
        timeout_ms=_times([each.timeout_ms for each in reports]),
        timed_out=np.array([each.timed_out for each in reports], np.bool_),
        table=None if proto is None else _table([(*each.columns, None)[0] for each in reports], proto),
        names={row: each.names for row, each in enumerate(reports) if each.names},
        macs={row: each.mac for row, each in enumerate(reports) if each.mac},
        notes={row: each.notes for row, each in enumerate(reports) if each.notes},
        stopped={row: each.stopped for row, each in enumerate(reports) if each.stopped},
    )


def _times(times_ms: Sequence[float | None]) -> F64:
    return np.array([np.nan if each is None else each for each in times_ms], np.float64)


def _table(parts: Sequence[PortColumns | None], proto: str) -> PortTable:
    first = np.cumsum([0, *(0 if part is None else len(part.ports) for part in parts)])
    told = [part for part in parts if part is not None]
    senders = [
        (int(start) + part.ports.tolist().index(port), addr)
        for part, start in zip(parts, first, strict=False)
        if part is not None
        for port, addr in sorted(part.senders.items())
    ]
    windows = [(0xFFFF, 0) if part is None or part.windows is None else part.windows for part in parts]

    def column(name: str, kind: type[np.generic]) -> NDArray[np.generic]:
        return np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in told)]).astype(kind)

    return PortTable(
        proto=proto,
        first=first.astype(np.int64),
        ports=column("ports", np.uint16).view(np.uint16),
        state=column("state", np.uint8).view(np.uint8),
        reason=column("reason", np.uint8).view(np.uint8),
        ttl=column("ttl", np.uint8).view(np.uint8),
        tries=column("tries", np.uint8).view(np.uint8),
        rtt_ms=column("rtt_ms", np.float32).view(np.float32),
        sender_at=np.array([row for row, _ in senders], np.int64),
        senders=tuple(addr for _, addr in senders),
        window_low=np.array([low for low, _ in windows], np.uint16),
        window_high=np.array([high for _, high in windows], np.uint16),
    )


@st.composite
def _columns(draw: st.DrawFn, proto: str) -> PortColumns:
    ports = sorted(draw(st.sets(st.sampled_from(PORTS), max_size=40)))
    n = len(ports)
    # Few states, so that some hosts have enough ports in one of them to be folded.
    states = draw(st.lists(st.sampled_from(State), min_size=1, max_size=3))
    pick = st.sampled_from([*states, states[0], states[0]])

    def some(values: st.SearchStrategy[int], kind: type[np.generic]) -> NDArray[np.generic]:
        return np.array(draw(st.lists(values, min_size=n, max_size=n)), kind)

    rtt_ms = draw(st.lists(st.floats(0, 1e4, width=32) | st.just(float("nan")), min_size=n, max_size=n))
    routed = draw(st.sets(st.sampled_from(ports), max_size=3)) if ports else set()
    return PortColumns(
        proto=proto,
        ports=np.array(ports, np.uint16),
        state=some(pick, np.uint8).view(np.uint8),
        reason=some(st.sampled_from([Reason.RESET, Reason.SYN_ACK, Reason.NO_RESPONSE]), np.uint8).view(
            np.uint8
        ),
        ttl=some(st.sampled_from([0, 64, 128]), np.uint8).view(np.uint8),
        tries=some(st.integers(1, 3), np.uint8).view(np.uint8),
        rtt_ms=np.array(rtt_ms, np.float32),
        senders=dict.fromkeys(sorted(routed), "198.18.0.254"),
        windows=draw(st.sampled_from([None, (1024, 1024), (512, 65_535)])),
    )


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[HostReport], HostBatch]:
    """Some hosts of every kind that a batch can hold, as reports and as columns."""
    proto = draw(st.sampled_from(["tcp", "udp", "ip", None]))
    times = st.none() | st.floats(0, 1e4)
    reports = []
    for addr in draw(st.lists(st.sampled_from(ADDRESSES), max_size=4, unique=True)):
        up = draw(st.booleans())
        names = draw(st.sampled_from([(), ((draw(NASTY), "user"),), ((draw(NASTY), "user"), ("a", "user"))]))
        reports.append(
            HostReport(
                addr=addr,
                up=up,
                reason=draw(st.sampled_from(Reason)),
                columns=(draw(_columns(proto)),) if up and proto is not None else (),
                started=START,
                ended=START + draw(st.floats(0, 10)),
                names=names,
                ttl=draw(st.sampled_from([None, 64])),
                srtt_ms=draw(times),
                rttvar_ms=draw(times),
                timeout_ms=draw(times),
                mac=draw(st.sampled_from([None, "02:00:00:00:00:0A"])),
                timed_out=draw(st.booleans()),
                notes=draw(st.sampled_from([(), (draw(NASTY),), ("one", "two")])),
            )
        )
    return reports, batch_of(reports, proto)
