"""The request for types of services, field by field."""

from tests.payload.reading import data, fields


def test_lengths_agree_and_the_default_scope_is_asked() -> None:
    version, function, size, flags, extension, xid, tag_size, tag, *body = fields(
        "!BB3sH3sHH2sHHH7s", data("slp")
    )
    assert (version, function, flags, extension) == (2, 9, 0, bytes(3))
    assert size == len(data("slp")).to_bytes(3, "big")
    assert xid
    assert (tag_size, tag) == (2, b"en")
    assert body == [0, 0xFFFF, 7, b"DEFAULT"]
