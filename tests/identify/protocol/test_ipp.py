"""IPP: what cups of Debian 12 answers on the loopback, a printer's answer after RFC 8010, scapy-free on purpose."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.ipp import (
    NUMBER,
    PROTOCOL,
    attributes_untrusted,
    get_printer_attributes,
    looks_untrusted,
)

CHARSET = b"G\0\x12attributes-charset\0\5utf-8H\0\x1battributes-natural-language\0\2en"
CUPS_BODY = b"\1\1\4\6PERI\1" + CHARSET + b"A\0\x0estatus-message\0$The printer or class does not exist.\3"


def attribute(tag: int, name: bytes, value: bytes) -> bytes:
    return bytes([tag]) + struct.pack("!H", len(name)) + name + struct.pack("!H", len(value)) + value


PRINTER_BODY = (
    b"\2\0\0\0PERI\1" + CHARSET + b"\4"
    + attribute(0x41, b"printer-make-and-model", b"HP LaserJet MFP M428fdw")
    + attribute(0x41, b"printer-info", b"second floor")
    + attribute(0x23, b"printer-state", struct.pack("!i", 3))
    + attribute(0x44, b"ipp-versions-supported", b"1.1") + attribute(0x44, b"", b"2.0")
    + attribute(0x13, b"printer-location", b"")
    + attribute(0x41, b"printer-unasked", b"x")
    + b"\3"
)  # fmt: skip


def answer(body: bytes, kind: bytes = b"application/ipp", server: bytes = b"CUPS/2.4 IPP/2.1") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nServer: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, server, len(body)) + body


SCRIPTS: dict[str, list[Line]] = {
    "cups": [(">", None), ("<", answer(CUPS_BODY))],
    "a printer": [(">", None), ("<", answer(PRINTER_BODY, server=b"HP HTTP Server"))],
    "a web server": [(">", None), ("<", answer(b"<html>", b"text/html"))],
    "another's answer": [(">", None), ("<", answer(CUPS_BODY.replace(b"PERI", b"OTHR")))],
}


def test_cups() -> None:
    service = play(PROTOCOL, SCRIPTS["cups"])
    assert (service.protocol, service.product, service.version) == ("ipp", "CUPS", "2.4")
    assert (service.detail["ipp_version"], service.detail["ipp_status"]) == ("1.1", 0x406)


def test_a_printer() -> None:
    service = play(PROTOCOL, SCRIPTS["a printer"])
    assert (service.product, service.info, service.device) == (
        "HP LaserJet MFP M428fdw",
        "second floor",
        "printer",
    )
    assert service.detail["printer-state"] == 3
    assert service.detail["ipp-versions-supported"] == ["1.1", "2.0"]
    assert service.detail["printer-location"] is None
    assert "printer-unasked" not in service.detail


@pytest.mark.parametrize("name", ["a web server", "another's answer"])
def test_what_is_no_ipp_is_not_known(name: str) -> None:
    assert play(PROTOCOL, SCRIPTS[name]).protocol is None


def test_the_request_is_what_the_standard_says() -> None:
    message = get_printer_attributes("ipp://h/ipp/print")
    assert message[:8] == b"\1\1\0\x0b" + struct.pack("!I", NUMBER)
    assert message[8:9] + message[-1:] == b"\1\3"
    assert CHARSET in message
    assert attribute(0x45, b"printer-uri", b"ipp://h/ipp/print") in message
    first = attribute(0x44, b"requested-attributes", b"printer-make-and-model")
    assert first + attribute(0x44, b"", b"printer-name") in message


def test_what_looks_like_ipp() -> None:
    assert looks_untrusted(answer(CUPS_BODY)) > 0.9
    assert looks_untrusted(answer(b"", b"text/html")) == 0
    assert looks_untrusted(answer(b"\r\ncontent-type: application/ipp", b"text/html")) == 0


@given(st.binary(max_size=80))
def test_any_message(data: bytes) -> None:
    for body in (data, b"\1\1\0\0PERI" + data):
        with suppress(BadReply):
            assert "ipp_status" in attributes_untrusted(body)
