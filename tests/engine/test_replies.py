"""What marks a question as open must never be mistaken for a state."""

from periplus.engine.replies import FIRST_UNANSWERED, Unanswered
from periplus.technique.model import UNEXPECTED
from periplus.technique.verdict import State


def test_unanswered_marks_lie_above_every_state() -> None:
    assert max(State) < FIRST_UNANSWERED == min(Unanswered)


def test_no_answer_can_write_the_mark_of_a_fresh_cell() -> None:
    """A table's "unexpected" has the same value, so answers are judged by the table before they are written."""
    assert int(Unanswered.FRESH) == UNEXPECTED
