"""DNP3: frames by IEEE 1815, and what opendnp3 (yadnp3 3.2.1.4) and dnp3-outstation 0.2 say."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.dnp3 import (
    ADDRESSES,
    FROM_MASTER_REQUEST_STATUS,
    PROTOCOL,
    US,
    checksum,
    frame,
    looks_untrusted,
    status_untrusted,
)

ASKED = b"".join(frame(FROM_MASTER_REQUEST_STATUS, each, US) for each in ADDRESSES)
STATUS = frame(0x0B, US, 10)
UNASKED = bytes.fromhex("05640a4401000a006e25c0f08280006b7d")
SCRIPTS: dict[str, list[Line]] = {
    "an outstation": [(">", ASKED), ("<", STATUS)],
    "opendnp3, yadnp3 3.2.1.4, which says unasked that it has started": [
        (">", ASKED),
        ("<", UNASKED + bytes.fromhex("0564050b01000a006ded")),
    ],
    "opendnp3, which knows another address": [(">", ASKED), ("<", UNASKED)],
    "dnp3-outstation 0.2": [(">", ASKED), ("<", bytes.fromhex("0564050b01000a006ded"))],
    "an echo": [(">", ASKED), ("<", ASKED)],
    "a wrong checksum": [(">", ASKED), ("<", STATUS[:-1] + b"x")],
}


def test_an_outstation() -> None:
    service = play(PROTOCOL, SCRIPTS["an outstation"])
    assert (service.protocol, service.detail) == ("dnp", {"address": 10, "to": 1, "function": 11})
    assert play(PROTOCOL, SCRIPTS["a wrong checksum"]).protocol is None
    assert (looks_untrusted(STATUS), looks_untrusted(ASKED)) == (0.97, 0)


def test_opendnp3_speaks_first() -> None:
    service = play(PROTOCOL, SCRIPTS["opendnp3, yadnp3 3.2.1.4, which says unasked that it has started"])
    assert (service.protocol, service.detail) == ("dnp", {"address": 10, "to": 1, "function": 11})
    service = play(PROTOCOL, SCRIPTS["opendnp3, which knows another address"])
    assert (service.protocol, service.detail) == ("dnp", {"address": 10, "to": 1, "function": 0x44})
    assert looks_untrusted(UNASKED) == 0.97
    assert play(PROTOCOL, SCRIPTS["dnp3-outstation 0.2"]).confidence == 0.98


def test_the_checksum_of_the_catalogue() -> None:
    assert checksum(b"123456789") == bytes.fromhex("82ea")  # CRC-16/DNP: 0xEA82


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(STATUS))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        status_untrusted(data)
