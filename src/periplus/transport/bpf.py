"""The kernel's packet filter: a tiny assembler for classic BPF, and the filter that keeps everything but our
replies out.

Without a filter the kernel would copy every packet of the machine to us. The filter looks only at what is
cheap and certain; whether a packet really answers one of our probes is decided later by `wire.decode` and the
cookie.

Source: McCanne and Jacobson, "The BSD Packet Filter" (1993); Linux Documentation/networking/filter.rst. A
program is a list of `Step`s that name their jump targets; jumps only go forward, at most 255 steps. Offsets
count from the network header, as on a SOCK_DGRAM packet socket.
"""

import ctypes
import socket
import struct
from dataclasses import dataclass
from typing import Final

from periplus.wire.headers import (
    ANYTHING,
    ETHERTYPE_ARP,
    ETHERTYPE_IP4,
    ETHERTYPE_IP6,
    IP6_LENGTH,
    IP6_PROTOCOL,
    PROTOCOL_ICMP,
    PROTOCOL_ICMP6,
    PROTOCOL_SCTP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
)

__all__ = ["Step", "assemble", "attach", "presence_filter", "reply_filter"]

_CODES: Final = {  # class | size | mode, or class | operation
    "load byte": 0x30,
    "load half": 0x28,
    "load half x": 0x48,
    "load byte x": 0x50,
    "x = header length": 0xB1,  # X = 4 * (byte & 15): the length of an IPv4 header
    "equal": 0x15,
    "greater": 0x25,
    "not less": 0x35,
    "any bit": 0x45,
    "return": 0x06,
}
_INSTRUCTION: Final = struct.Struct("=HBBI")  # struct sock_filter
_FARTHEST: Final = 255
_SO_ATTACH_FILTER: Final = 26

_ETHERTYPE: Final = 0xFFFFF000  # SKF_AD_OFF + SKF_AD_PROTOCOL: a load from here gives the ethertype
_EXTENSIONS: Final = (0, 43, 44, 60)  # hop-by-hop, routing, fragment, destination options
_V4_FRAGMENT, _V4_PROTOCOL, _V4_OFFSET_BITS = 6, 9, 0x1FFF
_PORT_ME: Final = 2  # of a packet that comes in it is the destination port
_WITH_PORTS: Final = (PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP)
_ARP_OPERATION, _ARP_REPLY = 6, 2
_ICMP_ERRORS: Final = (3, 11, 12)
_ICMP_REPLIES: Final = (0, 14, 18)  # echo, timestamp, address mask
_ICMP6_WANTED: Final = (1, 2, 3, 4, 136)  # errors, and neighbour advertisements
_ICMP6_REPLIES: Final = (129,)
_HOP_BY_HOP: Final = 0


@dataclass(frozen=True)
class Step:
    """One instruction; `yes` and `no` name the label to go to, empty means the next step."""

    what: str
    value: int = 0
    yes: str = ""
    no: str = ""
    label: str = ""


def assemble(steps: list[Step]) -> bytes:
    """The program as the kernel wants it, eight bytes a step; ValueError for a jump that cannot be made."""
    places = {step.label: place for place, step in enumerate(steps) if step.label}
    return b"".join(
        _INSTRUCTION.pack(
            _CODES[step.what], _skip(places, place, step.yes), _skip(places, place, step.no), step.value
        )
        for place, step in enumerate(steps)
    )


def _skip(places: dict[str, int], place: int, target: str) -> int:
    if not target:
        return 0
    skip = places[target] - place - 1
    if not 0 <= skip <= _FARTHEST:
        raise ValueError(f"no jump from step {place} to {target}")
    return skip


def _one_of(values: tuple[int, ...], yes: str, no: str) -> list[Step]:
    """Compares the accumulator with each value in turn."""
    return [Step("equal", value, yes=yes) for value in values[:-1]] + [
        Step("equal", values[-1], yes=yes, no=no)
    ]


def reply_filter(ports: range, protocols: tuple[int, ...] = (PROTOCOL_TCP,), snap: int = 128) -> bytes:
    """A program that keeps the first `snap` bytes of what may answer probes sent from the contiguous `ports`.

    That is TCP, UDP and SCTP to one of these ports, ICMP and ICMPv6 replies, each if it is among the `protocols`;
    ICMP errors, ICMPv6 errors and neighbour advertisements, ARP replies. `ANYTHING` among the protocols stands for
    ICMP and ICMPv6 replies and for all protocols without a name here. Any packet with IPv6 extension headers passes,
    since a program without loops cannot follow them.
    """
    if ports.step != 1 or not ports:
        raise ValueError("source ports must be a contiguous, non-empty range")
    ported = [protocol for protocol in protocols if protocol in _WITH_PORTS]
    others = "keep" if ANYTHING in protocols else "drop"
    asks = not {PROTOCOL_ICMP, PROTOCOL_ICMP6, ANYTHING}.isdisjoint(protocols)
    icmp = _ICMP_ERRORS + _ICMP_REPLIES * asks
    icmp6 = _ICMP6_WANTED + _ICMP6_REPLIES * asks
    steps = [
        Step("load half", _ETHERTYPE),
        Step("equal", ETHERTYPE_IP4, yes="ipv4"),
        Step("equal", ETHERTYPE_IP6, yes="ipv6"),
        Step("equal", ETHERTYPE_ARP, no="drop"),
        Step("load half", _ARP_OPERATION),
        Step("equal", _ARP_REPLY, yes="keep", no="drop"),
        Step("load half", _V4_FRAGMENT, label="ipv4"),
        Step("any bit", _V4_OFFSET_BITS, yes="drop"),  # a later fragment holds no header
        Step("x = header length", 0),
        Step("load byte", _V4_PROTOCOL),
        *(Step("equal", protocol, yes="ports4") for protocol in ported),
        Step("equal", PROTOCOL_ICMP, no=others),
        Step("load byte x", 0),
        *_one_of(icmp, "keep", "drop"),
        Step("load half x", _PORT_ME, label="ports4"),
        Step("not less", ports.start, no="drop"),
        Step("greater", ports.stop - 1, yes="drop", no="keep"),
        Step("load byte", IP6_PROTOCOL, label="ipv6"),
        *(Step("equal", protocol, yes="ports6") for protocol in ported),
        Step("equal", PROTOCOL_ICMP6, yes="icmp6"),
        *_one_of(_EXTENSIONS, "keep", others),
        Step("load byte", IP6_LENGTH, label="icmp6"),
        *_one_of(icmp6, "keep", "drop"),
        Step("load half", IP6_LENGTH + _PORT_ME, label="ports6"),
        Step("not less", ports.start, no="drop"),
        Step("greater", ports.stop - 1, yes="drop", no="keep"),
        Step("return", snap, label="keep"),
        Step("return", 0, label="drop"),
    ]
    return assemble(steps)


def presence_filter(snap: int = 128) -> bytes:
    """A program that keeps the first `snap` bytes of what shows that an IPv6 host is there (see `wire.rollcall`).

    That is echo replies, and any ICMPv6 message behind hop-by-hop options, as listener reports are.
    """
    steps = [
        Step("load half", _ETHERTYPE),
        Step("equal", ETHERTYPE_IP6, no="drop"),
        Step("load byte", IP6_PROTOCOL),
        Step("equal", PROTOCOL_ICMP6, yes="icmp6"),
        Step("equal", _HOP_BY_HOP, no="drop"),
        Step("load byte", IP6_LENGTH),
        Step("equal", PROTOCOL_ICMP6, yes="keep", no="drop"),
        Step("load byte", IP6_LENGTH, label="icmp6"),
        *_one_of(_ICMP6_REPLIES, "keep", "drop"),
        Step("return", snap, label="keep"),
        Step("return", 0, label="drop"),
    ]
    return assemble(steps)


def attach(sock: socket.socket, program: bytes) -> None:
    """Puts the program on the socket; OSError when the kernel refuses it."""
    code = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HP", len(program) // _INSTRUCTION.size, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
