"""The full frame, field by field."""

from tests.payload.reading import data, fields


def test_it_pokes_outside_any_call() -> None:
    source, to, stamp, seq_out, seq_in, kind, subclass = fields("!HHIBBBB", data("iax2"))
    assert source == 0x8001
    assert (to, stamp, seq_out, seq_in) == (0, 0, 0, 0)
    assert (kind, subclass) == (6, 0x1E)
