"""The version packet, field by field."""

from tests.payload.reading import data, fields


def test_it_comes_from_a_client_and_leaves_room_for_the_answer() -> None:
    epoch, cid, call, seq, serial, kind, flags, *rest, room = fields("!5I4BHH65s", data("afs"))
    assert epoch
    assert cid
    assert (call, seq, serial, kind, flags) == (0, 0, 0, 13, 1)
    assert rest == [0, 0, 0, 0]
    assert room == bytes(65)
