"""IKE, by what charon of Debian 12's strongSwan answers in both versions; a choice and vendors by the RFCs."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play
from tests.payload.reading import data

from periplus.errors import BadReply
from periplus.identify.model import Peer
from periplus.identify.protocol.ike import (
    PROTOCOL,
    VENDORS,
    answer_untrusted,
    version_1_untrusted,
    version_2_untrusted,
)

V2, V1, NAT_V2, NAT_V1 = (data(each) for each in ("ike-v2", "ike-v1", "ike-v2-nat", "ike-v1-nat"))
REFUSED_2 = (
    b'periplus\x08\x06\x7f\x84\xb5\xf3yJ) " \x00\x00\x00\x00\x00\x00\x00$\x00\x00\x00\x08\x00\x00\x00\x0e'
)
REFUSED_1 = (
    b"periplus\xbaz\x81\xab\xd6\x97\xb5[\x0b\x10\x05\x00\xd9\x81:\x99\x00\x00\x00(\x00\x00\x00\x0c"
    b"\x00\x00\x00\x01\x01\x00\x00\x0e"
)
NAT = (
    b"\x00\x00\x00\x00periplus\xde'U\xd7a\x8b\x15\x02) \" \x00\x00\x00\x00\x00\x00\x00$\x00\x00\x00"
    b"\x08\x00\x00\x00\x0e"
)
DPD = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")
PROPOSAL = bytes(8) + b"\0\0\0\x2c\1\1\0\1"


def chosen() -> bytes:
    """Main mode's second message: a choice and two vendors."""
    bodies = ((13, PROPOSAL), (13, DPD), (0, b"Maker 1.0"))
    payloads = b"".join(struct.pack("!BBH", kind, 0, 4 + len(body)) + body for kind, body in bodies)
    return (
        struct.pack("!8s8sBBBBII", b"periplus", b"response", 1, 0x10, 2, 0, 0, 28 + len(payloads)) + payloads
    )


SCRIPTS: dict[str, list[Line]] = {
    "charon without connections": [(">", V2), ("<", REFUSED_2), (">", V1), ("<", REFUSED_1)],
    "version 1 alone": [(">", V2), ("end", b"silent"), (">", V1), ("<", chosen())],
    "an echo": [(">", V2), ("<", V2), (">", V1), ("<", V1)],
}


def test_charon() -> None:
    service = play(PROTOCOL, SCRIPTS["charon without connections"])
    assert (service.protocol, service.confidence) == ("isakmp", 0.97)
    assert service.detail["version_1"] is service.detail["version_2"] is True
    assert service.detail["notes"] == ["no proposal chosen"]


def test_behind_address_translation() -> None:
    peer = Peer("198.18.0.1", 4500)
    service = play(PROTOCOL, [(">", NAT_V2), ("<", NAT), (">", NAT_V1)], peer)
    assert service.detail["version_2"] is True


def test_a_choice_and_vendors() -> None:
    service = play(PROTOCOL, SCRIPTS["version 1 alone"])
    assert service.detail["vendor_ids"] == ["RFC 3706 dead peer detection", "Maker 1.0"]
    assert service.detail["chosen"] == PROPOSAL.hex()
    assert all(set(each) <= set("0123456789abcdef") for each in VENDORS)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(REFUSED_1, REFUSED_2, NAT, chosen()))
def test_any_bytes(said: bytes) -> None:
    for parse in (answer_untrusted, version_1_untrusted, version_2_untrusted):
        with suppress(BadReply):
            parse(said)
