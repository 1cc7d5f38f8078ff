"""Readers for the tests of payloads: strict, and independent of the code that wrote them."""

import struct
from dataclasses import dataclass

from periplus.payload.catalogue import payloads
from periplus.payload.model import Payload

CONSTRUCTED = 0x20


@dataclass(frozen=True)
class Element:
    """One BER element; `inner` are its elements when it is constructed, and `value` its bytes."""

    tag: int
    value: bytes
    inner: tuple["Element", ...]

    def __getitem__(self, place: int) -> "Element":
        return self.inner[place]

    @property
    def number(self) -> int:
        return int.from_bytes(self.value, "big", signed=True)


def payload(service: str) -> Payload:
    """Return the payload of a service, as the library has it."""
    (found,) = [each for each in payloads() if each.service == service]
    return found


def data(service: str) -> bytes:
    return payload(service).data


def fields(layout: str, message: bytes) -> tuple[object, ...]:
    """Return the fields of a message that the layout covers exactly."""
    return struct.unpack(layout, message)


def elements(message: bytes) -> tuple[Element, ...]:
    """Return the BER elements of a message, with nothing left over and no length longer than needed."""
    found = []
    while message:
        tag, size, start = message[0], message[1], 2
        assert tag & 0x1F != 0x1F, "a tag of several bytes"
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(message[2:start], "big")
            assert size >= 0x80, "a length longer than needed"
            assert message[2], "a length longer than needed"
        value = message[start : start + size]
        assert len(value) == size, "cut off"
        found.append(Element(tag, value, elements(value) if tag & CONSTRUCTED else ()))
        message = message[start + size :]
    return tuple(found)


def only(message: bytes) -> Element:
    """Return the one element that a message is."""
    (element,) = elements(message)
    return element


def start_and_headers(message: bytes) -> tuple[str, dict[str, str]]:
    """Return the first line and the headers of a message in the manner of HTTP, without body."""
    text = message.decode("ascii")
    assert text.endswith("\r\n\r\n")
    start, *lines = text.removesuffix("\r\n\r\n").split("\r\n")
    pairs = [line.partition(": ") for line in lines]
    assert all(name and colon and value for name, colon, value in pairs)
    headers = {name.lower(): value for name, _, value in pairs}
    assert len(headers) == len(pairs)
    return start, headers


def null_call(message: bytes) -> tuple[object, ...]:
    """Return program and version of an ONC RPC call of procedure 0 without credentials."""
    _, call, rpc, program, version, procedure, *rest = fields("!10I", message)
    assert (call, rpc, procedure, rest) == (0, 2, 0, [0] * 4)
    return program, version
