"""Pulsar: commands by PulsarApi.proto."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protobuf import text_field, varint_field
from periplus.identify.protocol.pulsar import PROTOCOL, QUESTION, answer_untrusted


def command(kind: int, inside: bytes) -> bytes:
    body = varint_field(1, kind) + text_field(kind, inside)
    return struct.pack("!II", len(body) + 4, len(body)) + body


CONNECTED = command(3, text_field(1, b"Pulsar Server-v3.1.0") + varint_field(2, 6))
REFUSED = command(14, varint_field(1, 2) + varint_field(2, 3) + text_field(3, b"Unable to authenticate"))
SCRIPTS: dict[str, list[Line]] = {
    "a broker of 3.1": [(">", QUESTION), ("<", CONNECTED)],
    "one that wants a login": [(">", QUESTION), ("<", REFUSED)],
    "no Pulsar": [(">", QUESTION), ("<", command(5, b""))],
    "no version": [(">", QUESTION), ("<", command(3, b""))],
}


def test_pulsar() -> None:
    service = play(PROTOCOL, SCRIPTS["a broker of 3.1"])
    assert (service.protocol, service.product, service.version) == ("pulsar", "Apache Pulsar", "3.1.0")
    assert service.detail["protocol"] == 6


def test_a_login_is_wanted() -> None:
    service = play(PROTOCOL, SCRIPTS["one that wants a login"])
    assert (service.protocol, service.info) == ("pulsar", "Unable to authenticate")


def test_what_is_no_pulsar_is_not_known() -> None:
    for name in ("no Pulsar", "no version"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, answer_untrusted)
    survive(b"\x08\3" + data, answer_untrusted)
