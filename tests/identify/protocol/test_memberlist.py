"""memberlist: acknowledgements as its source encodes them, and what serf of Debian 12 says (compressed)."""

import zlib
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.memberlist import PROTOCOL, QUESTION, acknowledgement_untrusted

ACK = b"\2\x82\xa7Payload\xc0\xa5SeqNo\1"
CHECKED = b"\x0c" + zlib.crc32(ACK).to_bytes(4, "big") + ACK
SERF = (
    b"\t\x82\xa4Algo\x00\xa3Buf\xda\x00\xa7\x00\x0f\x08\x00`\t@\x0f\x01\x82NA\t\x93\x87\xcd\x9b0d"
    b'\xb4\x01\x10\x14\x80\x90\xaa d\xd4\xd4\x99C\xa7M\x197t\x96\x01\x18Ird\xa9"r\xe4\xbc\x91\xb3'
    b"\xec\x07\xbe\x92#M!)\x93\xe6\x0c\x9a\x90>\xc8\xe1\xab\x85h\x1c\x9ax\xa3\xac\x94\x19\x83I$\xcc"
    b"\x91F\x8f&\x85\xb9\xb4dS\x92O\x91\x1e\x95:\xb5\xd4\x942q\x9c\xbc\t@\xc0\x10)\x8cd\xe4\x90\xfa"
    b'32\xc0\xaa$n\xc6\x84\x91\xe3&\x0c\x9d4o\xdc\x04 \xd5\xa4\x0c\x9d0\xa2\xfe\x01"\xa5\x95L\x99Qq'
    b"\xcb\x90\x82\xb2\x92N\xb3\x0f\n\x82\xceqc*@\x01\x01\x02\n\x14\x08\x08"
)
SCRIPTS: dict[str, list[Line]] = {
    "a node": [(">", QUESTION.data), ("<", ACK)],
    "with a checksum": [(">", QUESTION.data), ("<", CHECKED)],
    "serf": [(">", QUESTION.data), ("<", SERF)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_node() -> None:
    for name, checksum in (("a node", False), ("with a checksum", True)):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.protocol, service.detail) == ("memberlist", {"checksum": checksum})


def test_serf_compresses() -> None:
    service = play(PROTOCOL, SCRIPTS["serf"])
    assert (service.protocol, service.why) == ("memberlist", "a compressed message of memberlist")


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ACK, CHECKED, SERF))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        acknowledgement_untrusted(data)
