"""KNXnet/IP: a description by KNX 3/8/2, section 7.5.4, and knxd's of Debian 12."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.knx import PROTOCOL, QUESTION, description_untrusted

DEVICE = b"\x36\1\2\0\x11\0\0\0\0\xc5\1\2\3\x04\xe0\0\x17\x0c\0\x24\x6d\1\2\3" + b"KNX IP Router 751".ljust(
    30, b"\0"
)
ANSWER = b"\6\x10\2\4" + (6 + len(DEVICE) + 4).to_bytes(2, "big") + DEVICE + b"\4\2\2\1"
KNXD = bytes.fromhex("0610020400463601020011010000000000000000e000170cf2241533b674") + b"knxd".ljust(
    30, b"\0"
)
KNXD += bytes.fromhex("0a020201030104010501")
SCRIPTS: dict[str, list[Line]] = {
    "a gateway": [(">", QUESTION.data), ("<", ANSWER)],
    "knxd of Debian 12": [(">", QUESTION.data), ("<", KNXD)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_gateway() -> None:
    service = play(PROTOCOL, SCRIPTS["a gateway"])
    assert (service.protocol, service.product, service.device) == (
        "knxnet-ip",
        "KNX IP gateway",
        "building gateway",
    )
    assert service.detail["address"] == "1.1.0"
    assert (service.detail["medium"], service.detail["mac"]) == ("TP1", "00:24:6d:01:02:03")


def test_knxd() -> None:
    service = play(PROTOCOL, SCRIPTS["knxd of Debian 12"])
    assert (service.product, service.detail["address"]) == ("knxd", "1.1.1")


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        description_untrusted(data)
