"""SQL Server: a prelogin answer by MS-TDS section 4.1, pySQLbridge's, and a browser's by MC-SQLR section 4.1."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play, survive

from periplus.errors import BadReply
from periplus.identify.model import Protocol
from periplus.identify.protocol.mssql import (
    PROTOCOLS,
    browser_looks_untrusted,
    browser_talk_untrusted,
    instances_untrusted,
    pack,
    prelogin,
    prelogin_untrusted,
    unpack_untrusted,
)

PROTOCOL, BROWSER = PROTOCOLS
OPTIONS = b"\0\0\x15\0\6\1\0\x1b\0\1\2\0\x1c\0\1\3\0\x1d\0\0\xff"


def answer(version: bytes, encryption: int) -> bytes:
    body = OPTIONS + version + bytes([encryption, 0])
    return struct.pack("!BBHHBB", 4, 1, 8 + len(body), 0, 1, 0) + body


SCRIPTS: dict[str, list[Line]] = {
    "SQL Server 2019": [(">", prelogin()), ("<", answer(b"\x0f\0\x07\xd0\0\0", 1)), ("tls", b"")],
    "SQL Server 2008 R2": [(">", prelogin()), ("<", answer(b"\x0a\x32\x06\x40\0\0", 3)), ("tls", b"")],
    "one without TLS": [(">", prelogin()), ("<", answer(b"\x0a\x32\x06\x40\0\0", 2))],
    "pySQLbridge 2.1.3": [
        (">", prelogin()),
        (
            "<",
            bytes.fromhex(
                "0401002b0000010000001a00060100200001020021000103002200000400220001ff110003e80000000000"
            ),
        ),
        ("tls", b""),
    ],
    "no SQL Server": [(">", prelogin()), ("<", b"\x04\1\0\x0c\0\0\1\0\xff\0\0\0")],
}
LISTED = (
    b"ServerName;ILSUNG1;InstanceName;YUKONSTD;IsClustered;No;Version;9.00.1399.06;tcp;57137;;"
    b"ServerName;ILSUNG1;InstanceName;YUKONDEV;IsClustered;No;Version;9.00.1399.06;np;\\\\ILSUNG1\\pipe\\q;;"
)
ANSWER = b"\5" + struct.pack("<H", len(LISTED)) + LISTED
BROWSER_SCRIPTS: dict[str, list[Line]] = {
    "MC-SQLR's example": [(">", b"\3"), ("<", ANSWER)],
    "no browser": [(">", b"\3"), ("<", b"\5\4\0abcd")],
}
MORE_SCRIPTS = [(BROWSER, BROWSER_SCRIPTS)]
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (PROTOCOL, SCRIPTS["SQL Server 2019"]),
    (PROTOCOL, SCRIPTS["one without TLS"]),
    (PROTOCOL, SCRIPTS["no SQL Server"]),
]


def test_pysqlbridge() -> None:
    service = play(PROTOCOL, SCRIPTS["pySQLbridge 2.1.3"])
    assert (service.version, service.detail["encryption"]) == ("17.0.1000.0", "off")


def test_prelogin() -> None:
    service = play(PROTOCOL, SCRIPTS["SQL Server 2019"])
    assert (service.protocol, service.product, service.version) == (
        "ms-sql-s",
        "Microsoft SQL Server 2019",
        "15.0.2000.0",
    )
    assert service.detail["encryption"] == "on"
    older = play(PROTOCOL, SCRIPTS["SQL Server 2008 R2"])
    assert (older.product, older.detail["encryption"]) == ("Microsoft SQL Server 2008 R2", "required")


def test_tls_is_not_begun_where_there_is_none_or_it_is_there() -> None:
    assert play(PROTOCOL, SCRIPTS["one without TLS"]).detail["encryption"] == "not supported"
    inside = replace(PEER, tls=True)  # as TDS 8.0 is
    assert play(PROTOCOL, SCRIPTS["SQL Server 2019"][:2], inside).protocol == "ms-sql-s"


@given(st.binary(min_size=1, max_size=10_000), st.integers(0, 7))
def test_packets_hold_what_was_packed(data: bytes, more: int) -> None:
    packed = pack(data)
    assert unpack_untrusted(packed) == (data, b"")
    assert unpack_untrusted(packed + packed[:more]) == (data, packed[:more])
    assert unpack_untrusted(packed[:-1])[0] == data[: (len(data) - 1) // 4_088 * 4_088]
    assert packed.count(b"\x12\1") >= 1


def test_what_is_no_packet() -> None:
    for data in (b"\x16\3\3\0\5hello", b"\x12\1\0\7\0\0\0\0"):
        with pytest.raises(BadReply):
            unpack_untrusted(data)


def test_browser() -> None:
    service = play(BROWSER, BROWSER_SCRIPTS["MC-SQLR's example"])
    assert (service.protocol, service.hostname, service.product) == (
        "ms-sql-m",
        "ILSUNG1",
        "Microsoft SQL Server 2005",
    )
    named = [each["InstanceName"] for each in instances_untrusted(ANSWER)]
    assert named == ["YUKONSTD", "YUKONDEV"]


def test_what_is_neither_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no SQL Server"]).protocol is None
    assert play(BROWSER, BROWSER_SCRIPTS["no browser"]).protocol is None


@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    survive(data, unpack_untrusted, prelogin_untrusted, instances_untrusted)
    survive(OPTIONS + data, prelogin_untrusted)
    survive(b"\5" + struct.pack("<H", len(data)) + data, instances_untrusted)
    assert 0 <= browser_looks_untrusted(data) <= 1


@given(st.binary(max_size=80))
def test_any_answers(data: bytes) -> None:
    exhaust(browser_talk_untrusted(PEER), data, datagrams=True)
