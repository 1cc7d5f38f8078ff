"""Every ICMP unreachable, by type, code and sender, is filtered with the reason that Nmap gives it."""

import pytest

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import UNEXPECTED, Check
from periplus.technique.signal import icmp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import Reason, State

# Observed: Nmap 7.93 -sS --reason against a packet filter that rejects with each type.
NMAPS_WORDS = {
    (4, 3, 0): "net-unreach",
    (4, 3, 1): "host-unreach",
    (4, 3, 2): "proto-unreach",
    (4, 3, 3): "port-unreach",
    (4, 3, 9): "net-prohibited",
    (4, 3, 10): "host-prohibited",
    (4, 3, 13): "admin-prohibited",
    (6, 1, 0): "no-route",
    (6, 1, 1): "admin-prohibited",
    (6, 1, 3): "host-unreach",
    (6, 1, 4): "port-unreach",
    (6, 1, 5): "admin-prohibited",
    (6, 1, 6): "reject-route",
}


@pytest.mark.parametrize("from_target", [False, True])
@pytest.mark.parametrize(("kind", "word"), NMAPS_WORDS.items())
def test_reasons_are_nmaps(kind: tuple[int, int, int], word: str, from_target: bool) -> None:
    signal = icmp_signal(*kind, from_target)
    assert TECHNIQUE.table.state[signal] == State.FILTERED
    assert Reason(int(TECHNIQUE.table.reason[signal])).word == word
    assert TECHNIQUE.table.check[signal] == Check.QUOTE


def test_every_row_is_reached() -> None:
    reached = {int(TECHNIQUE.table.row[signal]) for row in UNREACHABLE for signal in row.answer.signals()}
    assert reached >= {TECHNIQUE.rows.index(row) for row in UNREACHABLE}


def test_every_unreachable_code_of_the_registry_is_known_but_fragmentation_needed() -> None:
    unknown = [
        code for code in range(16) if TECHNIQUE.table.state[icmp_signal(4, 3, code, False)] == UNEXPECTED
    ]
    assert unknown == [4]
