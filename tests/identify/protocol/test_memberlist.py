"""memberlist: acknowledgements as its Go source encodes them, with and without a checksum."""

import zlib
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.memberlist import PROTOCOL, QUESTION, acknowledgement_untrusted

ACK = b"\2\x82\xa7Payload\xc0\xa5SeqNo\1"
CHECKED = b"\x0c" + zlib.crc32(ACK).to_bytes(4, "big") + ACK
SCRIPTS: dict[str, list[Line]] = {
    "a node": [(">", QUESTION.data), ("<", ACK)],
    "with a checksum": [(">", QUESTION.data), ("<", CHECKED)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_node() -> None:
    for name, checksum in (("a node", False), ("with a checksum", True)):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.protocol, service.detail) == ("memberlist", {"checksum": checksum})


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ACK, CHECKED))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        acknowledgement_untrusted(data)
