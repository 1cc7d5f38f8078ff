"""Zabbix: what zabbix-agent of Debian 12 answers on the loopback to a server that it knows."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.zabbix import PROTOCOL, question, value_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "zabbix-agent of Debian 12": [
        (">", None),
        ("<", bytes.fromhex("5a425844010600000000000000362e302e3134")),
        ("afresh", b""),
        (">", None),
        ("<", b"ZBXD\x01\x01\x00\x00\x00\x00\x00\x00\x001"),
        ("afresh", b""),
        (">", None),
        ("<", bytes.fromhex("5a42584401040000000000000069646462")),
        ("afresh", b""),
        (">", None),
        (
            "<",
            (
                b"ZBXD\x019\x00\x00\x00\x00\x00\x00\x00Linux vm 6.18.44-fc-v669 #1 SMP PREEMPT_DYNAMIC @0 x8"
                b"6_64"
            ),
        ),
    ],
    "an agent that lacks the item": [
        (">", question("agent.version")),
        ("<", b"ZBXD\1\x10\0\0\0\0\0\0\0ZBX_NOTSUPPORTED"),
    ],
    "a server that it does not know": [(">", question("agent.version")), ("end", b"closed")],
    "no Zabbix": [(">", question("agent.version")), ("<", b"HTTP/1.1 400 Bad Request\r\n")],
}


def test_agent() -> None:
    service = play(PROTOCOL, SCRIPTS["zabbix-agent of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("zabbix-agent", "Zabbix agent", "6.0.14")
    assert (service.hostname, service.os) == ("iddb", "Linux")


def test_an_item_may_be_lacking() -> None:
    assert play(PROTOCOL, SCRIPTS["an agent that lacks the item"]).protocol == "zabbix-agent"


def test_what_is_no_agent_is_not_known() -> None:
    for name in ("a server that it does not know", "no Zabbix"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, value_untrusted)
    survive(b"ZBXD\1" + data, value_untrusted)
