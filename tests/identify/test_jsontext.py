"""JSON of peers: objects, and what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import survive

from periplus.errors import BadReply
from periplus.identify.jsontext import MOST, chosen_texts, object_untrusted


def test_an_object() -> None:
    found = object_untrusted(b'{"a": 1, "b": [2], "c": NaN, "d": null}')
    assert found == {"a": 1, "b": [2], "c": "NaN", "d": None}
    assert chosen_texts(found, ("a", "b", "c", "d", "e")) == {"a": 1, "c": "NaN"}


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b"[" * 60_000, b'{"a":"' + bytes(MOST) + b'"}'])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(BadReply):
        object_untrusted(data)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_what_was_written_is_read(values: dict[str, int | str | None]) -> None:
    assert object_untrusted(json.dumps(values).encode()) == values


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, object_untrusted)
