"""Reading BER, against the writer of the payloads, and of any bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.damage import damaged

from periplus.errors import BadReply
from periplus.identify.ber import (
    Element,
    element_untrusted,
    elements_untrusted,
    oid_untrusted,
    taken,
    within_untrusted,
)
from periplus.identify.cursor import Cursor
from periplus.identify.talk import Conversation, Talk, Told
from periplus.payload.ber import integer, octets, oid, sequence

SAMPLE = sequence(integer(5), octets(b"x" * 300), oid("1.3.6.1.4.1.8072"))


def test_what_the_writer_writes() -> None:
    [outer] = elements_untrusted(SAMPLE)
    number, text, identifier = outer.inner_untrusted()
    assert number.number == 5
    assert text.value == text.text.encode() == b"x" * 300
    assert oid_untrusted(identifier.value) == "1.3.6.1.4.1.8072"


@pytest.mark.parametrize(
    "data", [b"\x1f\x01\x00", b"\x30\x80", b"\x30\x85\0\0\0\0\1", b"\x30\x05\x00", b"\x02"]
)
def test_what_is_not_read(data: bytes) -> None:
    with pytest.raises(BadReply):
        elements_untrusted(data)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=8), st.integers(0, 1), st.integers(0, 39))
def test_identifiers_read_as_they_were_written(numbers: list[int], first: int, second: int) -> None:
    dotted = ".".join(map(str, (first, second, *numbers)))
    assert oid_untrusted(elements_untrusted(oid(dotted))[0].value) == dotted


@given(damaged(SAMPLE))
def test_any_bytes(data: bytes) -> None:
    for parse in (elements_untrusted, oid_untrusted, lambda each: element_untrusted(Cursor(each))):
        with suppress(BadReply):
            parse(data)
    with suppress(BadReply):
        Element(48, data).inner_untrusted()


def test_a_path_of_tags() -> None:
    assert within_untrusted(SAMPLE, 0x30, 0x02) == b"\5"
    with pytest.raises(BadReply, match="0x3"):
        within_untrusted(SAMPLE, 0x30, 0x03)


def took(data: bytes, most: int = 1_000) -> tuple[bytes | None, BadReply | None]:
    def talk() -> Talk:
        element = yield from taken(most)
        yield Told(detail={"took": element.hex()})

    conversation = Conversation(talk())
    conversation.start()
    conversation.feed(data)
    told = conversation.told
    return bytes.fromhex(str(told[0].detail["took"])) if told else None, conversation.fault


def test_one_element_is_taken_from_a_connection() -> None:
    for element in (SAMPLE, integer(5), sequence()):
        assert took(element + b"more") == (element, None)
    assert took(SAMPLE[:-1]) == (None, None)


@pytest.mark.parametrize("data", [b"\x30\x80", b"\x30\x85\0\0\0\0\1", b"\x30\x82\xff\xff"])
def test_what_is_not_taken(data: bytes) -> None:
    assert isinstance(took(data)[1], BadReply)


@given(damaged(SAMPLE))
def test_paths_in_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        within_untrusted(data, 0x30, 0x02)
