"""MQTT: what mosquitto of Debian 12 answers on the loopback, with and without a login; others by the standard."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.mqtt import (
    PROTOCOL,
    V5,
    V311,
    connack_untrusted,
    connect,
    publish_untrusted,
    subscribe,
)

SCRIPTS: dict[str, list[Line]] = {
    "mosquitto of Debian 12": [
        (">", b"\x10\r\x00\x04MQTT\x05\x02\x00\n\x00\x00\x00"),
        ("<", b' 5\x00\x002"\x00\n\x12\x00)auto-94A8BD6A-95DF-AFD7-F0F1-9505974F4BC5!\x00\x14'),
        (">", None),
        ("<", b"\x90\x05\x00\x01\x00\x00\x00"),
        ("<", b"1.\x00\x13$SYS/broker/version\x00mosquitto version 2.0.11"),
        (">", b"\xe0\x00"),
    ],
    "with logins only": [
        (">", b"\x10\r\x00\x04MQTT\x05\x02\x00\n\x00\x00\x00"),
        ("<", b" \x03\x00\x87\x00"),
    ],
    "a broker of 3.1.1": [
        (">", connect(V5)),
        ("<", b"\x20\2\0\1"),
        ("afresh", b""),
        (">", connect(V311)),
        ("<", b"\x20\2\0\0"),
        (">", subscribe(V311)),
        ("<", b"\x90\4\0\1\0\0"),
        ("end", b"silent"),
        (">", b"\xe0\0"),
    ],
    "a broker of 3.1.1 that closes": [
        (">", connect(V5)),
        ("end", b"closed"),
        ("afresh", b""),
        (">", connect(V311)),
        ("<", b"\x20\2\0\5"),
    ],
    "no MQTT": [(">", connect(V5)), ("<", b"\x30\2\0\0")],
}


def test_mosquitto() -> None:
    service = play(PROTOCOL, SCRIPTS["mosquitto of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("mqtt", "Mosquitto", "2.0.11")
    assert service.detail["receive_maximum"] == 20
    assert service.detail["client_id"] == "auto-94A8BD6A-95DF-AFD7-F0F1-9505974F4BC5"


def test_a_login_is_wanted() -> None:
    for name in ("with logins only", "a broker of 3.1.1 that closes"):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.protocol, service.info) == ("mqtt", "not authorized")


def test_the_older_version() -> None:
    assert play(PROTOCOL, SCRIPTS["a broker of 3.1.1"]).detail["protocol"] == "3.1.1"


def test_what_is_no_mqtt_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no MQTT"]).protocol is None


@given(st.binary(max_size=60), st.integers(0, 15))
def test_any_bytes(data: bytes, kind: int) -> None:
    survive(
        data, lambda each: connack_untrusted(kind, each), lambda each: connack_untrusted(2, b"\0\0" + each)
    )
    survive(data, lambda each: publish_untrusted(each, V5), lambda each: publish_untrusted(each, V311))
