"""gpsd, by what gpsd 3.22 of Debian 12 says on the loopback, and by the example of gpsd_json(5)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.gpsd import PROTOCOL, looks_untrusted, object_untrusted

GREETING = b'{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}\r\n'
ASKED = b"?DEVICES;\n"
DEVICES = b'{"class":"DEVICES","devices":[{"class":"DEVICE","path":"/dev/ttyUSB0","flags":5,"driver":"SiRF"},4]}\r\n'
SCRIPTS: dict[str, list[Line]] = {
    "no receiver": [("<", GREETING), (">", ASKED), ("<", b'{"class":"DEVICES","devices":[]}\r\n')],
    "a receiver": [("<", GREETING), (">", ASKED), ("<", DEVICES)],
}


def test_gpsd() -> None:
    service = play(PROTOCOL, SCRIPTS["no receiver"])
    assert (service.product, service.version) == ("gpsd", "3.22")
    assert (service.protocol, service.detail["release"], service.detail["devices"]) == ("gpsd", "3.22", [])
    assert play(PROTOCOL, SCRIPTS["a receiver"]).detail["devices"] == [
        {"path": "/dev/ttyUSB0", "driver": "SiRF"}
    ]


@pytest.mark.parametrize(
    "said", [b"{}\r\n", b'{"class":"TPV"}\r\n', b"[1]\n", b"nonsense\n", b"[" * 1_000 + b"\n"]
)
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [("<", said)]).protocol is None
    assert looks_untrusted(said) == 0
    assert looks_untrusted(GREETING) == 0.98


@given(st.binary(max_size=60))
def test_any_object(line: bytes) -> None:
    with suppress(BadReply):
        object_untrusted(line, "VERSION")
