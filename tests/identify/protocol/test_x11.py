"""X11: what Xvfb of Debian 12 answers on the loopback, open to anybody and with a key."""

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.x11 import PROTOCOL, QUESTION, setup_untrusted

OPEN = bytes.fromhex(
    "01000b00000053098fa5b80000002000ffff1f00000100001400ffff01060000202008ff0000000054686520"
    "582e4f726720466f756e646174696f6e01012000"
) + bytes(9492)
SCRIPTS: dict[str, list[Line]] = {
    "Xvfb of Debian 12, open": [(">", QUESTION), ("<", OPEN)],
    "Xvfb of Debian 12, with a key": [
        (">", b"l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        (
            "<",
            (
                b"\x00@\x0b\x00\x00\x00\x10\x00Authorization required, but no authorization protocol specifi"
                b"ed\n"
            ),
        ),
    ],
    "no X11": [(">", QUESTION), ("<", b"HTTP/1.1 400 Bad Request\r\n" + bytes(100_000))],
    "no reason": [(">", QUESTION), ("<", b"\0\4\x0b\0\0\0\1\0\1\2\3\4")],
}


def test_an_open_server() -> None:
    service = play(PROTOCOL, SCRIPTS["Xvfb of Debian 12, open"])
    assert (service.protocol, service.product, service.version) == ("x11", "X.Org", "21.1.7")
    assert service.info == "open to anybody"


def test_one_with_a_key() -> None:
    service = play(PROTOCOL, SCRIPTS["Xvfb of Debian 12, with a key"])
    assert (service.protocol, service.product) == ("x11", "X.Org")
    assert service.info == "Authorization required, but no authorization protocol specified"


def test_what_is_no_x11_is_not_known() -> None:
    for name in ("no X11", "no reason"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(damaged(OPEN))
def test_any_bytes(data: bytes) -> None:
    survive(data, setup_untrusted)
