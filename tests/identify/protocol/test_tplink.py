"""Kasa: facts as a plug says them, and as tplink-smarthome-simulator does, disguised as the question is."""

from contextlib import suppress
from itertools import accumulate
from operator import xor

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import PEER, Line, exhaust, play

from periplus.errors import BadReply
from periplus.identify.protocol.tplink import (
    PROTOCOLS,
    QUESTION,
    facts_untrusted,
    tcp_looks_untrusted,
    tcp_talk_untrusted,
)
from periplus.payload.tplink import FIRST_KEY

PROTOCOL, PROTOCOL_TCP = PROTOCOLS
FACTS = b'{"system":{"get_sysinfo":{"sw_ver":"1.5.6 Build 191114 Rel.104204","model":"HS110(EU)","alias":"lamp"}}}'
SIMULATED = (
    b'{"system":{"get_sysinfo":{"sw_ver":"1.0.8 Build 151113 Rel.24658","hw_ver":"1.0","type":"IOT.SMARTPLUGSWITCH",'
    b'"model":"HS110(US)","dev_name":"Wi-Fi Smart Plug With Energy Monitoring","icon_hash":"","relay_state":0,'
    b'"on_time":0,"active_mode":"schedule","feature":"TIM:ENE","updating":0,"rssi":-65,"led_off":0,'
    b'"alias":"Mock HS110","deviceId":"A110","hwId":"7885B34586F2E4DDD133DC8A67A3653A",'
    b'"oemId":"A6A255867E12116F7B9CA12251CA1AA0","latitude":"-0.8021","latitude_i":-8021,"longitude":"-37.1123",'
    b'"longitude_i":-371123,"mac":"aa:aa:aa:00:00:01","err_code":0}}}'
)


def disguised(plain: bytes) -> bytes:
    return bytes(accumulate(plain, xor, initial=FIRST_KEY))[1:]


def sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


ANSWER = disguised(FACTS)
SCRIPTS: dict[str, list[Line]] = {
    "a plug": [(">", QUESTION.data), ("<", ANSWER)],
    "tplink-smarthome-simulator 5": [(">", QUESTION.data), ("<", disguised(SIMULATED))],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
TCP: dict[str, list[Line]] = {
    "tplink-smarthome-simulator 5": [(">", sized(QUESTION.data)), ("<", sized(disguised(SIMULATED)))],
    "an echo": [(">", sized(QUESTION.data)), ("<", sized(QUESTION.data))],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, TCP),)


def test_a_plug() -> None:
    service = play(PROTOCOL, SCRIPTS["a plug"])
    assert (service.vendor, service.product, service.version) == ("TP-Link", "HS110(EU)", "1.5.6")
    assert service.detail["alias"] == "lamp"


def test_the_simulator() -> None:
    for protocol, scripts in ((PROTOCOL, SCRIPTS), *MORE_SCRIPTS):
        service = play(protocol, scripts["tplink-smarthome-simulator 5"])
        assert (service.protocol, service.product, service.version) == ("tplink-kasa", "HS110(US)", "1.0.8")
        assert "latitude" not in service.detail
    assert (tcp_looks_untrusted(sized(ANSWER)), tcp_looks_untrusted(ANSWER)) == (0.6, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL_TCP, TCP["an echo"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        facts_untrusted(data)
    assert 0 <= tcp_looks_untrusted(data) <= 1
    exhaust(tcp_talk_untrusted(PEER), sized(data))
