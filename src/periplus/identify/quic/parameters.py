"""What a server allows its client, as it says in the handshake of QUIC; values and order tell implementations apart.

RFC 9000, section 18; RFC 9221 (datagrams), RFC 9287 (a greased bit), RFC 9368 (versions). Numbers reserved to keep
clients tolerant are left out, as they differ with every connection; so are the values of identifiers.

Limits: some implementations shuffle the order.
"""

import struct
from ipaddress import IPv4Address, IPv6Address

from periplus.identify.cursor import Cursor
from periplus.identify.quic.varint import varint_untrusted
from periplus.identify.talk import Detail

__all__ = ["parameters_untrusted"]

NUMBERS = {
    0x01: "max_idle_timeout", 0x03: "max_udp_payload_size", 0x04: "initial_max_data",
    0x05: "initial_max_stream_data_bidi_local", 0x06: "initial_max_stream_data_bidi_remote",
    0x07: "initial_max_stream_data_uni", 0x08: "initial_max_streams_bidi", 0x09: "initial_max_streams_uni",
    0x0A: "ack_delay_exponent", 0x0B: "max_ack_delay", 0x0E: "active_connection_id_limit",
    0x20: "max_datagram_frame_size",
}  # fmt: skip
FLAGS = {0x0C: "disable_active_migration", 0x2AB2: "grease_quic_bit"}
PREFERRED_ADDRESS, VERSION_INFORMATION = 0x0D, 0x11
MOST = 64


def parameters_untrusted(data: bytes) -> dict[str, Detail]:
    """Return the parameters by name, and all in their order; raises BadReply."""
    cursor = Cursor(data)
    named: dict[str, Detail] = {}
    order: list[str] = []
    while cursor.left and len(order) < MOST:
        number = varint_untrusted(cursor)
        value = cursor.take(varint_untrusted(cursor))
        if number % 31 == 27:  # reserved, section 18.1
            continue
        order.append(f"{number:x}")
        named |= _read_untrusted(number, value)
    return {"parameters": named, "order": ",".join(order)}


def _read_untrusted(number: int, value: bytes) -> dict[str, Detail]:
    """Return one parameter by its name, if it has one; raises BadReply."""
    if number in NUMBERS:
        return {NUMBERS[number]: varint_untrusted(Cursor(value))}
    if number in FLAGS:
        return {FLAGS[number]: True}
    if number == PREFERRED_ADDRESS:
        return {"preferred_address": _addresses_untrusted(Cursor(value))}
    if number == VERSION_INFORMATION:
        whole = value[: len(value) & ~3]
        return {"versions": [f"{each:#010x}" for (each,) in struct.iter_unpack("!I", whole)]}
    return {}


def _addresses_untrusted(cursor: Cursor) -> list[Detail]:
    """Return where else the server would be talked to; nothing is sent there. Raises BadReply."""
    four, port = IPv4Address(cursor.take(4)), cursor.number(2)
    six, port_six = IPv6Address(cursor.take(16)), cursor.number(2)
    return [*([f"{four}:{port}"] if port else []), *([f"[{six}]:{port_six}"] if port_six else [])]
