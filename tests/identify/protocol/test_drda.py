"""DRDA: attributes by the DDM architecture with the words of DB2 11.5, and what Derby 10.14.2.0 of Debian 12 says."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play, survive

from periplus.identify.protocol.drda import (
    CORRELATION,
    DISCOVERY,
    PROTOCOLS,
    address_untrusted,
    attributes_untrusted,
    parameter,
    question,
    udp_looks_untrusted,
    udp_talk_untrusted,
)

PROTOCOL, UDP = PROTOCOLS


def answer(kind: str, release: str, correlation: int = CORRELATION) -> bytes:
    texts = parameter(0x1147, kind.encode("cp500")) + parameter(0x115A, release.encode("cp500"))
    body = parameter(
        0x1443, parameter(0x115E, "db2inst1".encode("cp500")) + parameter(0x1404, bytes(4)) + texts
    )
    return struct.pack("!HBBH", len(body) + 6, 0xD0, 2, correlation) + body


DERBY = bytes.fromhex(
    "0081d0020001007b1443001d115ed585a3a6969992e28599a58599c39695a39996934094818995001414"
    "041403000724070007240f00071440000700101147c1978183888540c4859982a80018116dd585a3a696"
    "9992e28599a58599c39695a3999693001e115ac3e2e2f1f0f1f4f061f1f04bf1f44bf24bf04060404d6f"
    "6f6f5d"
)
SCRIPTS: dict[str, list[Line]] = {
    "DB2 11.5": [(">", question()), ("<", answer("QDB2/LINUXX8664", "SQL11055"))],
    "Derby 10.14.2.0 of Debian 12": [(">", question()), ("<", DERBY)],
    "another number": [(">", question()), ("<", answer("QDB2/LINUXX8664", "SQL11055", 2))],
}
UDP_SCRIPTS: dict[str, list[Line]] = {
    "an administration server": [(">", DISCOVERY), ("<", b"DB2RETADDR\0SQL09075\0ledger\0" + bytes(200))],
    "none": [(">", DISCOVERY), ("<", b"hello")],
}
MORE_SCRIPTS = [(UDP, UDP_SCRIPTS)]


def test_db2() -> None:
    service = play(PROTOCOL, SCRIPTS["DB2 11.5"])
    assert (service.protocol, service.product, service.version) == ("drda", "IBM Db2", "11.5.5")
    assert (service.os, service.detail["external_name"]) == ("LINUXX8664", "db2inst1")


def test_derby() -> None:
    service = play(PROTOCOL, SCRIPTS["Derby 10.14.2.0 of Debian 12"])
    assert (service.product, service.version) == ("Apache Derby", "10.14.2.0")
    assert service.detail["server_name"] == "NetworkServerControl"


def test_administration_server() -> None:
    service = play(UDP, UDP_SCRIPTS["an administration server"])
    assert (service.hostname, service.version) == ("ledger", "9.7.5")


def test_what_is_neither_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["another number"]).protocol is None
    assert play(UDP, UDP_SCRIPTS["none"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, attributes_untrusted, address_untrusted)
    survive(answer("a", "b")[:10] + data, attributes_untrusted)
    survive(b"DB2RETADDR\0" + data, address_untrusted)
    assert 0 <= udp_looks_untrusted(data) <= 1


@given(st.binary(max_size=80))
def test_any_answers(data: bytes) -> None:
    exhaust(udp_talk_untrusted(PEER), data, datagrams=True)
