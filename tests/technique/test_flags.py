"""TCP techniques with other flags."""

import pytest

from periplus.technique.connect import TECHNIQUE as CONNECT
from periplus.technique.fin import TECHNIQUE as FIN_SCAN
from periplus.technique.flags import with_flags
from periplus.technique.model import Check, Technique
from periplus.technique.signal import tcp_signal
from periplus.technique.syn import TECHNIQUE as SYN_SCAN
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.technique.verdict import State
from periplus.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, TcpProbe

CLOSED, OPEN = tcp_signal(RST | ACK), tcp_signal(SYN | ACK)


@pytest.mark.parametrize("flags", [SYN, SYN | ECE | CWR, SYN | PSH])
def test_a_syn_is_acknowledged_exactly(flags: int) -> None:
    made = with_flags(SYN_SCAN, flags)
    assert made.probe == TcpProbe(flags)
    assert made.rows == SYN_SCAN.rows


@pytest.mark.parametrize("flags", [0, FIN, ACK, SYN | ACK, SYN | FIN, PSH, 0xFF])
def test_other_flags_are_acknowledged_as_far_as_they_count(flags: int) -> None:
    made = with_flags(SYN_SCAN, flags)
    assert isinstance(made.probe, TcpProbe)
    assert (made.probe.flags, bool(made.probe.options)) == (flags, bool(flags & SYN))
    table = made.table
    assert {int(table.check[signal]) for signal in (CLOSED, OPEN)} == {Check.NUMBERED}
    assert [State(int(table.state[signal])) for signal in (CLOSED, OPEN)] == [State.CLOSED, State.OPEN]
    assert table.check[tcp_signal(SYN)] == Check.SOURCE_PORT


def test_the_table_is_the_techniques() -> None:
    made = with_flags(FIN_SCAN, SYN)
    assert (made.rows, made.silence, made.name) == (FIN_SCAN.rows, FIN_SCAN.silence, "fin")
    assert isinstance(made.probe, TcpProbe)
    assert made.probe.options


@pytest.mark.parametrize("technique", [CONNECT, UDP])
def test_others_have_no_flags(technique: Technique) -> None:
    with pytest.raises(TypeError, match=r"-s[TU] sends no TCP segments of its own"):
        with_flags(technique, SYN)
