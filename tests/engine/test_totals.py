"""The share of losses is of probes whose fate is known."""

from periplus.engine.totals import Totals


def test_the_loss_is_of_what_is_known_and_of_nothing_none() -> None:
    assert Totals().loss == 0.0
    assert Totals(sent=100, heard=6, lost=2).loss == 0.25
