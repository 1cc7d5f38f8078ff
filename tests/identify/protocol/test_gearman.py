"""Gearman: what gearman-job-server of Debian 12 answers on the loopback."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.gearman import PROTOCOL, QUESTION, version_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "gearman-job-server of Debian 12": [
        (">", bytes.fromhex("00524551000000100000000870657269706c7573")),
        ("<", bytes.fromhex("00524553000000110000000870657269706c7573")),
        (">", b"version\r\n"),
        ("<", b"OK 1.1.20+ds\n"),
    ],
    "another echo": [(">", QUESTION), ("<", QUESTION.replace(b"REQ", b"RES"))],
}


def test_gearman() -> None:
    service = play(PROTOCOL, SCRIPTS["gearman-job-server of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("gearman", "Gearman job server", "1.1.20")


def test_what_is_no_gearman_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["another echo"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, version_untrusted)
