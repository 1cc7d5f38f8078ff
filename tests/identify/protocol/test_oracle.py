"""Oracle's listener: packets laid out as TNS is, with the words that listeners answer to VERSION."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.oracle import PROTOCOL, QUESTION, version_untrusted

REFUSAL = b'"\0\0Y(DESCRIPTION=(TMP=)(VSNNUM=318963712)(ERR=1189)(ERROR_STACK=(ERROR=(CODE=1189)(EMFI=4))))'
WORDS = b"(DESCRIPTION=(TMP=)(VSNNUM=186647296)(ERR=0))"
BANNER = b"\0\0TNSLSNR for Linux: Version 11.2.0.3.0 - Production\n\tTNS for Linux: Version 11.2.0.3.0"


def packet(kind: int, body: bytes) -> bytes:
    return struct.pack("!HHBBH", 8 + len(body), 0, kind, 0, 0) + body


SCRIPTS: dict[str, list[Line]] = {
    "refused with a version": [(">", QUESTION), ("<", packet(4, REFUSAL))],
    "asked again, then accepted": [
        (">", QUESTION),
        ("<", packet(11, b"")),
        (">", QUESTION),
        ("<", packet(2, bytes(16) + b"   ") + packet(6, BANNER)),
        ("end", b"closed"),
    ],
    "accepted with the number": [(">", QUESTION), ("<", packet(2, bytes(16) + WORDS))],
    "no listener": [(">", QUESTION), ("<", packet(4, b"nothing of it"))],
}


def test_versions() -> None:
    refused = play(PROTOCOL, SCRIPTS["refused with a version"])
    assert (refused.protocol, refused.version, refused.detail["error"]) == ("oracle-tns", "19.3.0.0.0", 1189)
    assert play(PROTOCOL, SCRIPTS["accepted with the number"]).version == "11.2.0.3.0"


def test_the_banner_names_the_system() -> None:
    service = play(PROTOCOL, SCRIPTS["asked again, then accepted"])
    assert (service.product, service.version, service.os) == ("Oracle TNS listener", "11.2.0.3.0", "Linux")


def test_what_is_no_listener_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no listener"]).protocol is None
    assert play(PROTOCOL, [(">", QUESTION), ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, version_untrusted)
    survive(WORDS[:20] + data + WORDS[25:], version_untrusted)
