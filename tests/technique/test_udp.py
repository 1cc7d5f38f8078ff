"""UDP scan: a datagram is open, the target's own port unreachable closed, a router's filtered."""

from tests.technique.tables import check_table

from periplus.technique.model import Check
from periplus.technique.signal import UDP_REPLY, icmp_signal
from periplus.technique.udp import TECHNIQUE
from periplus.technique.verdict import Reason, State
from periplus.wire.headers import PROTOCOL_UDP


def test_every_answer_and_silence() -> None:
    closed = (State.CLOSED, Reason.PORT_UNREACH, Check.QUOTE)
    own = {
        UDP_REPLY: (State.OPEN, Reason.UDP_RESPONSE, Check.SOURCE_PORT),
        icmp_signal(4, 3, 3, True): closed,
        icmp_signal(6, 1, 4, True): closed,
    }
    check_table(TECHNIQUE, own, silence=State.OPEN_FILTERED)


def test_a_routers_port_unreachable_says_nothing_of_the_port() -> None:
    for signal in (icmp_signal(4, 3, 3, False), icmp_signal(6, 1, 4, False)):
        assert TECHNIQUE.table.state[signal] == State.FILTERED


def test_port_unreachables_are_rationed_and_datagrams_are_not() -> None:
    assert TECHNIQUE.table.rationed[icmp_signal(4, 3, 3, True)] == 1
    assert TECHNIQUE.table.rationed[UDP_REPLY] == 0


def test_the_probe() -> None:
    assert TECHNIQUE.probe is not None
    assert TECHNIQUE.probe.protocol == PROTOCOL_UDP
