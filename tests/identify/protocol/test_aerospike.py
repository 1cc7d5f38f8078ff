"""Aerospike: answers laid out as the info protocol is, with the values of a community server."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.aerospike import PROTOCOL, QUESTION, values_untrusted


def answer(text: bytes) -> bytes:
    return struct.pack("!Q", 0x0201 << 48 | len(text)) + text


SCRIPTS: dict[str, list[Line]] = {
    "a community server": [
        (">", QUESTION),
        ("<", answer(b"build\t6.1.0.1\nedition\tAerospike Community Edition\nnode\tBB9020011AC4202\n")),
    ],
    "behind a login": [(">", QUESTION), ("<", answer(b"ERROR:80:not authenticated\n"))],
    "no Aerospike": [(">", QUESTION), ("<", answer(b"hello\n"))],
}


def test_aerospike() -> None:
    service = play(PROTOCOL, SCRIPTS["a community server"])
    assert (service.protocol, service.product, service.version) == ("aerospike", "Aerospike", "6.1.0.1")
    assert service.info == "Community Edition"


def test_behind_a_login() -> None:
    service = play(PROTOCOL, SCRIPTS["behind a login"])
    assert (service.protocol, service.version) == ("aerospike", None)


def test_what_is_no_aerospike_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Aerospike"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, values_untrusted)
