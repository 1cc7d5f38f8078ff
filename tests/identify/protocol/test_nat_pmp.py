"""NAT-PMP and PCP: answers by RFC 6886 section 3.2 and RFC 6887 section 7.2; miniupnpd of Debian 12."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.nat_pmp import PROTOCOL, QUESTIONS, address_untrusted, announced_untrusted

ADDRESS, ANNOUNCE = (each.data for each in QUESTIONS)
OUTER = bytes([0, 128, 0, 0, 0, 0, 1, 0, 198, 18, 0, 9])
MISMATCH = bytes([2, 128, 0, 12, 0, 0, 0, 0, 0, 0, 1, 0]) + bytes(12)
SCRIPTS: dict[str, list[Line]] = {
    "both": [(">", ADDRESS), ("<", OUTER), (">", ANNOUNCE), ("<", MISMATCH)],
    "miniupnpd of Debian 12": [
        (">", ADDRESS),
        ("<", bytes.fromhex("00800000000000030b16212c")),
        (">", ANNOUNCE),
        ("<", bytes.fromhex("028000000000000000000003") + bytes(12)),
    ],
    "an echo": [(">", ADDRESS), ("<", ADDRESS), (">", ANNOUNCE), ("<", ANNOUNCE)],
}


def test_both() -> None:
    service = play(PROTOCOL, SCRIPTS["both"])
    assert service.protocol == "nat-pmp"
    assert (service.detail["outer_address"], service.detail["pcp_result"]) == ("198.18.0.9", 12)


def test_miniupnpd() -> None:
    service = play(PROTOCOL, SCRIPTS["miniupnpd of Debian 12"])
    assert (service.detail["outer_address"], service.detail["pcp_result"]) == ("11.22.33.44", 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(OUTER, MISMATCH))
def test_any_bytes(data: bytes) -> None:
    for parse in (address_untrusted, announced_untrusted):
        with suppress(BadReply):
            parse(data)
