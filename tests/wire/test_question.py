"""Every kind of probe keeps the two promises: a protocol for its answers, and frames for all its questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire import test_icmp, test_sctp, test_tcp, test_udp
from tests.wire.asks import Ask, asks, check_twin, lane, made, questions

from periplus.wire.icmp import ECHO, TIMESTAMP, IcmpProbe
from periplus.wire.lane import Link
from periplus.wire.question import Probe
from periplus.wire.sctp import COOKIE_ECHO, INIT, SctpProbe
from periplus.wire.shape import Shape
from periplus.wire.tcp import ACK, FIN, SYN, TcpProbe
from periplus.wire.udp import UdpProbe

PROBES: list[tuple[Probe, int]] = [
    (TcpProbe(SYN), 6),
    (TcpProbe(0, options=b""), 6),
    (TcpProbe(ACK, options=b""), 6),
    (TcpProbe(FIN | ACK, options=b""), 6),
    (SctpProbe(INIT), 132),
    (SctpProbe(COOKIE_ECHO), 132),
    (UdpProbe({7: (b"a", b"b")}), 17),
    (IcmpProbe(ECHO), 1),
    (IcmpProbe(TIMESTAMP), 1),
]


def twin(probe: Probe, version: int, link: Link, ask: Ask) -> list[bytes]:
    """The frames of one question, by the twins of each protocol."""
    here = lane(version, link)
    match probe:
        case TcpProbe():
            ack = ask.number if probe.flags & ACK else 0
            them = test_tcp.Target(*ask[:5], ack, ask.mac)
            return [test_tcp.twin(here, probe, 57, them)]
        case SctpProbe():
            return [test_sctp.twin(here, probe.chunk, 57, test_sctp.Target(*ask))]
        case UdpProbe():
            payloads = probe.payloads.get(ask.port_them, (b"",))
            return [test_udp.twin(here, payload, 57, ask) for payload in payloads]
        case IcmpProbe():
            return [test_icmp.twin(here, probe.question, 57, ask)]
    raise AssertionError(probe)


def families(probe: Probe) -> list[int]:
    return [4] if probe == IcmpProbe(TIMESTAMP) else [4, 6]


@pytest.mark.parametrize(("probe", "protocol"), PROBES)
def test_answers_come_in_the_protocol_of_the_probe(probe: Probe, protocol: int) -> None:
    assert probe.protocol == protocol


@pytest.mark.parametrize("probe", [probe for probe, _ in PROBES])
@pytest.mark.parametrize("link", list(Link))
@given(data=st.data())
def test_every_maker_agrees_with_the_twin_of_its_protocol(
    probe: Probe, link: Link, data: st.DataObject
) -> None:
    version = data.draw(st.sampled_from(families(probe)))
    chosen = data.draw(asks(version, st.integers(5, 8)))
    check_twin(
        probe.maker(lane(version, link), Shape(57)), chosen, lambda ask: twin(probe, version, link, ask)
    )


@pytest.mark.parametrize("probe", [probe for probe, _ in PROBES])
def test_no_question_is_left_out(probe: Probe) -> None:
    version = families(probe)[0]
    base = lane(version).ip_me & ~0xFFFF
    chosen = [Ask(base | row, 1 + row % 9, 40_000, row, row) for row in range(500)]
    assert {row for row, _ in made(probe.maker(lane(version), Shape(57)), chosen)} == set(range(500))


def test_questions_are_cut_by_rows() -> None:
    all_of_them = questions([Ask(lane(4).ip_me, row, 1, row, row) for row in range(5)])
    some = all_of_them[all_of_them.port_them > 2]
    assert (len(some), some.port_them.tolist(), some.mac_them.shape) == (2, [3, 4], (2, 6))
