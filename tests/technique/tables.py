"""A response table held against what a test says of it, signal by signal: no row and no answer is left out."""

from collections.abc import Iterable

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import UNEXPECTED, Check, Technique
from periplus.technique.signal import SIGNALS, SILENCE, TCP_FLAG_BITS, tcp_signal
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import RST

Meaning = tuple[State, Reason, Check]

UNREACHABLES: dict[int, Meaning] = {
    signal: (row.state, row.reason, row.check) for row in UNREACHABLE for signal in row.answer.signals()
}
"""What ICMP errors mean where a technique says nothing of its own; `test_icmp` holds these against Nmap."""


def resets(window: Iterable[int] = (0, 1024)) -> set[int]:
    """Every segment with RST, whatever its other flags, with each of these windows."""
    return {tcp_signal(flags, size) for flags in range(TCP_FLAG_BITS + 1) if flags & RST for size in window}


def check_table(technique: Technique, own: dict[int, Meaning], silence: State) -> None:
    """The technique knows `own`, silence and the ICMP errors, and nothing else; every row is reached."""
    table = technique.table
    expected = UNREACHABLES | own | {SILENCE: (silence, Reason.NO_RESPONSE, Check.NONE)}
    found = {
        signal: (State(table.state[signal]), Reason(table.reason[signal]), Check(table.check[signal]))
        for signal in range(SIGNALS)
        if table.state[signal] != UNEXPECTED
    }
    assert found == expected
    reached = {technique.rows[int(table.row[signal])] for signal in found}
    assert set(technique.rows) - set(UNREACHABLE) <= reached
    assert technique.silence == (silence, Reason.NO_RESPONSE)
    assert technique.needs_raw
