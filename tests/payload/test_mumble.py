"""The ping, field by field."""

from tests.payload.reading import data, fields


def test_it_pings() -> None:
    kind, ident = fields("!IQ", data("mumble"))
    assert kind == 0
    assert ident
