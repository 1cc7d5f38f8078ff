"""Response tables: the first row that covers a signal decides, and what no row covers is unexpected."""

from periplus.technique.catalogue import techniques
from periplus.technique.model import (
    UNEXPECTED,
    Check,
    Datagram,
    Errno,
    Icmp,
    IcmpReply,
    ProtocolReply,
    Row,
    SctpChunk,
    Silence,
    Tcp,
    Technique,
)
from periplus.technique.signal import (
    PROTOCOL_REPLY,
    SILENCE,
    UDP_REPLY,
    errno_signal,
    icmp_reply_signal,
    icmp_signal,
    sctp_signal,
    tcp_signal,
)
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, FIN, PSH, RST, SYN, URG, TcpProbe


def _technique(*rows: Row) -> Technique:
    return Technique(
        "made-up", "Made-up scan", "-sQ", "For tests.", "tcp", TcpProbe(flags=SYN), "nowhere", rows
    )


def test_the_first_row_that_covers_a_signal_decides() -> None:
    technique = _technique(
        Row(Tcp("R", "R"), State.CLOSED, Reason.RESET, Check.ACK_IS_NEXT),
        Row(Tcp("A", "A"), State.OPEN, Reason.SYN_ACK),
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    )
    table = technique.table
    assert table.state[tcp_signal(RST | ACK)] == State.CLOSED
    assert table.check[tcp_signal(RST | ACK)] == Check.ACK_IS_NEXT
    assert table.row[tcp_signal(RST | ACK)] == 0
    assert table.state[tcp_signal(ACK)] == State.OPEN
    assert table.state[tcp_signal(FIN)] == UNEXPECTED
    assert table.reason[tcp_signal(FIN)] == UNEXPECTED
    assert technique.silence == (State.FILTERED, Reason.NO_RESPONSE)


def test_flag_letters_are_the_bits_of_rfc_9293() -> None:
    for letter, bit in zip("FSRPAU", (FIN, SYN, RST, PSH, ACK, URG), strict=True):
        assert list(Tcp(letter, "FSRPAU").signals()) == [tcp_signal(bit), tcp_signal(bit, window=1)]


def test_a_window_can_be_asked_for_or_excluded() -> None:
    assert list(Tcp("R", "FSRPAU", window=True).signals()) == [tcp_signal(RST, window=9)]
    assert list(Tcp("R", "FSRPAU", window=False).signals()) == [tcp_signal(RST)]
    assert str(Tcp("R", "R", window=False)) == "TCP R with window 0"
    assert str(Tcp("R", "R", window=True)) == "TCP R with a window"


def test_only_icmp_errors_are_rationed() -> None:
    table = _technique(
        Row(Tcp("R", "R"), State.CLOSED, Reason.RESET),
        Row(Icmp(4, 3, (3,)), State.CLOSED, Reason.PORT_UNREACH),
    ).table
    assert table.rationed[tcp_signal(RST)] == 0
    assert table.rationed[icmp_signal(4, 3, 3, True)] == 1


def test_who_does_not_wait_for_rationed_answers_knows_less_of_silence() -> None:
    closed = Row(Icmp(4, 3, (3,), "target"), State.CLOSED, Reason.PORT_UNREACH)
    silent = Row(Silence(), State.OPEN_FILTERED, Reason.NO_RESPONSE)
    technique = _technique(closed, silent)
    assert technique.rations_closed
    assert technique.unwaited.silence == (State.CLOSED_FILTERED, Reason.NO_RESPONSE)
    assert technique.unwaited.rows[0] == closed
    assert technique.silence == (State.OPEN_FILTERED, Reason.NO_RESPONSE)
    assert not _technique(silent).rations_closed
    assert not _technique(Row(Tcp("R", "R"), State.CLOSED, Reason.RESET), silent).rations_closed


def test_answers_of_other_protocols() -> None:
    assert list(Datagram().signals()) == [UDP_REPLY]
    assert list(SctpChunk(2).signals()) == [sctp_signal(2)]
    assert list(IcmpReply(8).signals()) == [icmp_reply_signal(8)]
    assert list(ProtocolReply().signals()) == [PROTOCOL_REPLY]
    words = [str(Datagram()), str(SctpChunk(6)), str(SctpChunk(7)), str(IcmpReply(8)), str(ProtocolReply())]
    assert words == [
        "UDP datagram",
        "SCTP ABORT",
        "SCTP chunk type 7",
        "ICMP echo reply",
        "a packet in that protocol",
    ]


def test_icmp_rows_tell_senders_apart() -> None:
    assert set(Icmp(4, 3, (3,), "target").signals()) == {icmp_signal(4, 3, 3, True)}
    assert set(Icmp(4, 3, (3,), "router").signals()) == {icmp_signal(4, 3, 3, False)}
    assert len(set(Icmp(6, 1).signals())) == 32


def test_answers_read_well() -> None:
    assert str(Tcp("SA", "SAR")) == "TCP SA without R"
    assert str(Icmp(4, 3, (9, 10), "router")) == "ICMP type 3 code 9, 10 from a router"
    assert str(Icmp(6, 4)) == "ICMPv6 type 4 any code"
    assert str(Silence()) == "silence"
    assert list(Errno(("success",), (0,)).signals()) == [errno_signal(0)]


def test_where_resets_hide_open_ports() -> None:
    """By the table: every reset is closed, and silence may be open."""
    closed, silence = Row(Tcp("R", "R"), State.CLOSED, Reason.RESET), Reason.NO_RESPONSE
    assert _technique(closed, Row(Silence(), State.OPEN_FILTERED, silence)).resets_hide_open
    assert not _technique(closed, Row(Silence(), State.FILTERED, silence)).resets_hide_open
    assert not _technique(Row(Silence(), State.OPEN_FILTERED, silence)).resets_hide_open
    window = Row(Tcp("R", "R", window=True), State.OPEN, Reason.RESET)
    assert not _technique(window, closed, Row(Silence(), State.OPEN_FILTERED, silence)).resets_hide_open
    hidden = {technique.name for technique in techniques() if technique.resets_hide_open}
    assert hidden == {"fin", "maimon", "null", "xmas"}


def test_tables_cannot_be_written() -> None:
    assert not _technique(Row(Silence(), State.FILTERED, Reason.NO_RESPONSE)).table.state.flags.writeable
    assert next(Silence().signals()) == SILENCE


def test_which_techniques_open_ports_by_a_handshake() -> None:
    assert {technique.name for technique in techniques() if technique.opens_by_handshake} == {
        "syn",
        "connect",
    }
