"""Limits fit together: what one step makes finds room in what may be under way."""

from periplus.engine.limits import Limits


def test_a_batch_is_no_more_than_may_be_under_way() -> None:
    limits = Limits()
    assert limits.batch <= limits.outstanding <= limits.in_flight
    assert limits.group_hosts <= limits.group_cells
