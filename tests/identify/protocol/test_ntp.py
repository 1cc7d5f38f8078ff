"""NTP: a server's answer by RFC 5905, and variables as ntpd writes them."""

import struct
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import play

from periplus.errors import BadReply
from periplus.identify.protocol.ntp import CLOCK, CONTROL, PROTOCOL, answer_untrusted, variables_untrusted
from periplus.payload.ntp import STAMP

TIME = struct.pack(
    "!BBbb4s4s4s8sQ8s8s", 0x24, 2, 6, -20, b"", b"", bytes([198, 18, 0, 9]), b"", STAMP, b"", b""
)
VARIABLES = b'\x16\x82\0\1\0\0\0\0\0\0\0\0version="ntpd 4.2.8p15@1.3728-o", system="Linux/6.1.0", stratum=2'
SCRIPTS = {
    "time alone": [(">", CLOCK), ("<", TIME), (">", CONTROL)],
    "variables": [(">", CLOCK), ("<", TIME), (">", CONTROL), ("<", VARIABLES)],
}


def test_time_alone() -> None:
    service = play(PROTOCOL, SCRIPTS["time alone"])
    assert service.protocol == "ntp"
    assert service.detail == {"version": 4, "stratum": 2, "reference": "c6120009"}


def test_variables() -> None:
    assert play(PROTOCOL, SCRIPTS["variables"]).os == "Linux/6.1.0"


def test_an_answer_to_another_question_is_none() -> None:
    assert (
        play(PROTOCOL, [(">", CLOCK), ("<", TIME.replace(struct.pack("!Q", STAMP), bytes(8)))]).protocol
        is None
    )


@given(st.binary(max_size=100))
def test_any_bytes(data: bytes) -> None:
    for parse in (answer_untrusted, variables_untrusted):
        with suppress(BadReply):
            parse(data)
