"""Whole scans without a kernel by every technique that makes packets of its own; SYN's are in test_loop."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scan.runs import (
    FAR,
    FAR6,
    NEAR,
    NEAR6,
    OURS,
    QUICK,
    ROUTER4,
    ROUTER6,
    ROUTERS,
    SELF,
    TUNNEL,
    Verdict,
    config_of,
    mac,
    scan,
    space_of,
)
from tests.sim.frames import (
    ABORT,
    CLOSED,
    DROPPED,
    INIT_ACK,
    READERS,
    UNREACHABLE4,
    UNREACHABLE6,
    Behaviour,
    Chunk,
    Datagram,
    Error,
    Host,
    Path,
    Segment,
    Wire,
    answer_to,
    read_probe,
)

from periplus.technique.catalogue import by_name, techniques
from periplus.technique.model import Technique
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, RST
from periplus.wire.udp import UdpProbe

NO_WINDOW = Segment(RST | ACK, window=0)
RESET = (State.CLOSED, Reason.RESET)
RESETS: dict[int, tuple[Behaviour, Verdict]] = {1: (CLOSED, RESET), 2: (NO_WINDOW, RESET)}
KINDS: dict[str, dict[int, tuple[Behaviour, Verdict]]] = {
    "fin": RESETS,
    "null": RESETS,
    "xmas": RESETS,
    "maimon": RESETS,
    "ack": {
        1: (CLOSED, (State.UNFILTERED, Reason.RESET)),
        2: (NO_WINDOW, (State.UNFILTERED, Reason.RESET)),
    },
    "window": {
        1: (CLOSED, (State.OPEN, Reason.RESET)),
        2: (NO_WINDOW, RESET),
    },
    "udp": {
        1: (Datagram(), (State.OPEN, Reason.UDP_RESPONSE)),
        2: (Datagram(b"", b""), (State.OPEN, Reason.UDP_RESPONSE)),
        3: (Datagram(b"yes", b"a question"), (State.OPEN_FILTERED, Reason.NO_RESPONSE)),
    },
    "sctp-init": {
        1: (INIT_ACK, (State.OPEN, Reason.INIT_ACK)),
        2: (ABORT, (State.CLOSED, Reason.ABORT)),
    },
    "sctp-cookie": {1: (ABORT, (State.CLOSED, Reason.ABORT))},
}
RAW = [
    technique
    for technique in techniques()
    if technique.probe and technique.probe.protocol in READERS and technique.name != "syn"
]
WAYS = [NEAR, FAR, TUNNEL, SELF, NEAR6, FAR6]


def kinds_of(technique: Technique, addr: str) -> dict[int, tuple[Behaviour, Verdict]]:
    """What ports of this address may do, and what this technique says of it."""
    if ":" in addr:
        unreachable, refused, router = UNREACHABLE6, Error(1, 1, ROUTER6), ROUTER6
    else:
        unreachable, refused, router = UNREACHABLE4, Error(3, 13, ROUTER4), ROUTER4
    own = State.CLOSED if technique is UDP else State.FILTERED
    return KINDS[technique.name] | {
        8: (DROPPED, technique.silence),
        9: (unreachable, (own, Reason.PORT_UNREACH)),
        10: (replace(unreachable, router=router), (State.FILTERED, Reason.PORT_UNREACH)),
        11: (refused, (State.FILTERED, Reason.ADMIN_PROHIBITED)),
    }


def host_of(kinds: dict[int, tuple[Behaviour, Verdict]], addr: str) -> Host:
    """A host whose ports do so; all others are silent."""
    via = {FAR: ROUTER4, FAR6: ROUTER6}.get(addr)
    return Host({port: behaviour for port, (behaviour, _) in kinds.items()}, DROPPED, mac(2), via)


def test_every_technique_is_tried() -> None:
    assert {technique.name for technique in RAW} == set(KINDS)


@pytest.mark.parametrize("technique", RAW, ids=lambda technique: technique.name)
@pytest.mark.parametrize("addr", WAYS)
def test_every_kind_of_port_gets_its_verdict_over_every_kind_of_way(technique: Technique, addr: str) -> None:
    kinds = kinds_of(technique, addr)
    wire = Wire({addr: host_of(kinds, addr)}, ROUTERS, ours=OURS)
    run = scan(wire, config_of(space_of([addr], [*kinds]), technique=technique))
    assert run.verdicts == {(addr, port): verdict for port, (_, verdict) in kinds.items()}
    assert run.open == {(addr, port) for port, (_, verdict) in kinds.items() if verdict[0] == State.OPEN}
    router = ROUTER6 if ":" in addr else ROUTER4
    assert run.reports[addr].columns[0].senders == dict.fromkeys((10, 11), router)
    assert (run.summary.exit, run.summary.discarded, run.summary.hosts_up) == ("success", {}, 1)
    assert (wire.malformed, wire.astray) == (0, 0)


@pytest.mark.parametrize("technique", RAW, ids=lambda technique: technique.name)
def test_forged_answers_change_nothing_and_are_counted(technique: Technique) -> None:
    kinds = kinds_of(technique, NEAR)
    wire = Wire({NEAR: host_of(kinds, NEAR)}, ROUTERS, Path(forged=True))
    run = scan(wire, config_of(space_of([NEAR], [*kinds]), technique=technique))
    assert run.verdicts == {(NEAR, port): verdict for port, (_, verdict) in kinds.items()}
    assert set(run.summary.discarded) <= {"forged", "unexpected"}
    assert sum(run.summary.discarded.values()) == run.summary.replies


@given(
    st.sampled_from(RAW),
    st.sampled_from(WAYS),
    st.integers(0, 99),
    st.sampled_from([0.0, 0.1, 0.3]),
    st.booleans(),
    st.integers(1, 3),
)
@settings(max_examples=20)
def test_in_any_world_nothing_untrue_is_told(
    technique: Technique, addr: str, seed: int, loss: float, forged: bool, copies: int
) -> None:
    kinds = kinds_of(technique, addr)
    path = Path(loss=loss, jitter_us=5_000, copies=copies, cut=True, forged=forged)
    wire = Wire({addr: host_of(kinds, addr)}, ROUTERS, path, OURS, seed)
    run = scan(wire, config_of(space_of([addr], [*kinds]), technique=technique))
    truth = {(addr, port): verdict for port, (_, verdict) in kinds.items()}
    untrue = {where for where, told in run.verdicts.items() if told not in (truth[where], technique.silence)}
    assert untrue == set()
    assert loss or run.verdicts == truth
    assert (run.summary.exit, wire.malformed, wire.astray) == ("success", 0, 0)


# what is special about some


def test_a_service_answers_the_payload_that_it_understands() -> None:
    probe = UdpProbe({53: (b"query",), 123: (b"v3", b"v4"), 161: (b"public",)})
    host = Host(
        {
            53: Datagram(b"reply", b"query"),
            123: Datagram(b"time", b"v4"),
            161: Datagram(b"never", b"private"),
            162: Datagram(b"never", b"public"),
            163: Datagram(b"echo", b""),
        },
        UNREACHABLE4,
        mac(2),
    )
    wire = Wire({NEAR: host})
    run = scan(wire, config_of(space_of([NEAR], [*host.ports, 7]), technique=replace(UDP, probe=probe)))
    assert run.open == {(NEAR, 53), (NEAR, 123), (NEAR, 163)}
    assert run.verdicts[NEAR, 7] == (State.CLOSED, Reason.PORT_UNREACH)
    assert {run.verdicts[NEAR, port] for port in (161, 162)} == {(State.OPEN_FILTERED, Reason.NO_RESPONSE)}
    assert (wire.datagrams[NEAR, 53], wire.datagrams[NEAR, 123], wire.malformed) == (1, 2, 0)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_service_may_answer_from_another_port(lost: int) -> None:
    probe = UdpProbe({69: (b"read",)}, {69: (b"\0\3", b"\0\5")})
    ports: dict[int, Behaviour] = {
        69: Datagram(b"\0\5\0\1none", port=40_000),
        70: Datagram(b"\0\4no error", port=40_001),
    }
    wire = Wire({NEAR: Host(ports, UNREACHABLE4, mac(2))}, path=Path(lost={(NEAR, 69): lost}))
    asked = [69, 70, 40_000, 40_001]
    run = scan(wire, config_of(space_of([NEAR], asked), technique=replace(UDP, probe=probe)))
    assert run.verdicts[NEAR, 69] == (State.OPEN, Reason.UDP_RESPONSE)
    assert run.verdicts[NEAR, 40_000] == (State.CLOSED, Reason.PORT_UNREACH)
    assert {port for _, port in run.open} <= {69, 40_001}  # the other service's words are not known
    assert run.verdicts[NEAR, 70] == (State.OPEN_FILTERED, Reason.NO_RESPONSE)


def test_a_port_that_answers_two_payloads_is_told_once() -> None:
    probe = UdpProbe({123: (b"v3", b"v4")})
    wire = Wire({NEAR: Host({123: Datagram()}, DROPPED, mac(2))})
    run = scan(wire, config_of(space_of([NEAR], [123]), technique=replace(UDP, probe=probe)))
    assert (run.open, len(run.found), run.summary.replies) == ({(NEAR, 123)}, 1, 1)
    assert run.summary.discarded == {"duplicate": 1}
    assert run.summary.loss == 0


def test_our_own_datagrams_on_the_loopback_are_no_answers() -> None:
    """A probe from one of our ports to another looks like a datagram from a port that we asked."""
    ports = [*OURS]
    wire = Wire({SELF: Host({}, UNREACHABLE4)}, ours=OURS)
    run = scan(wire, config_of(space_of([SELF], ports), technique=UDP))
    assert run.open == set()
    assert set(run.verdicts.values()) == {(State.CLOSED, Reason.PORT_UNREACH)}
    assert run.summary.discarded == {}


def test_a_datagram_that_nobody_asked_for_is_counted() -> None:
    wire = Wire({NEAR: Host({}, UNREACHABLE4, mac(2)), "198.18.0.3": Host({7: Datagram()}, DROPPED, mac(3))})
    scan(wire, config_of(space_of(["198.18.0.3"], [7]), technique=UDP))
    frames = [frame.tobytes() for _, sent in wire.sent for frame in sent]
    [probe] = [found for frame in frames if frame[12:14] == b"\x08\0" and (found := read_probe(frame[14:]))]
    other = Wire({NEAR: Host({}, UNREACHABLE4, mac(2))})
    other.arrive(answer_to(probe, Datagram()), 1_000)
    run = scan(other, config_of(space_of([NEAR], [7]), technique=UDP))
    assert run.summary.discarded == {"unasked": 1}
    assert run.verdicts == {(NEAR, 7): (State.CLOSED, Reason.PORT_UNREACH)}


def test_an_answer_in_another_chunk_is_unexpected() -> None:
    wire = Wire({NEAR: Host({36412: Chunk(9)}, ABORT, mac(2))})
    run = scan(wire, config_of(space_of([NEAR], [36412, 7]), QUICK, technique=by_name("sctp-init")))
    assert run.verdicts == {
        (NEAR, 36412): (State.FILTERED, Reason.NO_RESPONSE),
        (NEAR, 7): (State.CLOSED, Reason.ABORT),
    }
    assert run.summary.discarded == {"unexpected": 3}  # one for each try
