"""Numbers that come back, against a plain twin: how far off they are, and whether that is allowed."""

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import icmp, ip4, number, tcp

from periplus.technique.match import authentic, distances, near, signals_of
from periplus.technique.model import UNEXPECTED, Check, Table
from periplus.technique.signal import SIGNALS
from periplus.wire.cookie import NUMBER_STEP
from periplus.wire.decode import Decoded, decode_untrusted
from periplus.wire.packets import Packets

ME, THEM = number("198.18.0.1"), number("198.18.0.2")
WORD = 1 << 32


class Answer(NamedTuple):
    """A packet, the number that its probe carried, and the check that it must pass."""

    packet: bytes
    cookie: int
    check: Check


def table(check: int) -> Table:
    """A table in which every signal must pass that check."""
    columns = [np.zeros(SIGNALS, np.uint8) for _ in range(5)]
    columns[2][:] = check
    return Table(*columns)


def read(answer: Answer) -> Decoded:
    return decode_untrusted(Packets.of_bytes([answer.packet]))


def off(answer: Answer) -> int | None:
    """How far off the number is; None: no number could be further."""
    row, cookie = read(answer), answer.cookie
    seq, ack = int(row.seq[0]), int(row.ack[0])
    match answer.check:
        case Check.ACK_IS_NEXT:
            return (ack - cookie) % WORD
        case Check.QUOTE:
            is_tcp = row.protocol[0] == 6
            return (seq - cookie) % WORD if is_tcp else (int(row.ip_id[0]) - cookie) % 65_536
        case Check.NUMBERED:  # either number will do; where we acknowledged it is exact, of sixteen tries
            on = (seq - cookie) % WORD
            return on if on in range(0, 16 * NUMBER_STEP, NUMBER_STEP) else (ack - cookie) % WORD
        case Check.TAG:
            if ack == 0:
                return None
            return (ack - (ack == 1 and cookie % NUMBER_STEP == 0) - cookie) % WORD
        case Check.ECHOED:
            return (seq - cookie) % WORD
        case Check.ECHOED_LOW:
            return (seq - cookie) % 65_536
        case _:
            return 0


def allowed(check: Check, distance: int | None, behind: int) -> bool:
    """Whether an answer may be so far off."""
    if check == Check.NONE or distance is None:
        return False
    wanted = {Check.ACK_IS_NEXT: {1, 1 + behind}, Check.NUMBERED: {*range(3), *range(behind, behind + 3)}}
    return distance in wanted.get(check, {0})


def segments(cookie: int) -> st.SearchStrategy[bytes]:
    """TCP segments and ICMP errors with numbers near the cookie."""
    close = st.builds(
        lambda step, more: (cookie + step * NUMBER_STEP + more) % WORD,
        st.integers(0, 16),
        st.sampled_from([0, 1, 2, 3, 7, 8, 9, 10, NUMBER_STEP - 1]),
    ) | st.sampled_from([0, 1])
    answers = st.builds(
        lambda seq, ack, flags: ip4(THEM, ME, 6, tcp(80, 9, seq, ack, flags)),
        close,
        close,
        st.sampled_from([4, 0x12, 0x14]),
    )
    errors = st.builds(
        lambda protocol, seq, ident: ip4(
            THEM, ME, 1, icmp(3, 3, ip4(ME, THEM, protocol, tcp(9, 80, seq)[:8], ident=ident % 65_536))
        ),
        st.sampled_from([6, 17, 47]),
        close,
        close,
    )
    return answers | errors


ANSWERS = st.sampled_from([0, 1, NUMBER_STEP, 0xFFFF_F000, 0xFFFF_FFFF, 0x1234_5678]).flatmap(
    lambda cookie: st.builds(Answer, segments(cookie), st.just(cookie), st.sampled_from(list(Check)))
)


@given(answer=ANSWERS, behind=st.sampled_from([0, 7]))
def test_numbers_are_judged_as_by_the_twin(answer: Answer, behind: int) -> None:
    decoded, compiled = read(answer), table(answer.check)
    signal, cookie = signals_of(decoded), np.array([answer.cookie], np.uint32)
    distance = distances(compiled, signal, decoded, cookie)
    expected = off(answer)
    assert distance[0] == (NUMBER_STEP - 1 if expected is None else expected)
    right = allowed(answer.check, expected, behind)
    assert near(compiled, signal, distance, behind).tolist() == [right]
    assert authentic(compiled, signal, decoded, cookie, behind).tolist() == [right]


def test_what_no_row_covers_passes_nothing() -> None:
    signal = np.array([5], np.uint16)
    assert not near(table(UNEXPECTED), signal, np.zeros(1, np.uint32)).any()
