"""HDHomeRun: network tuners, asked as any device of any kind; a checksum ends the packet."""

import struct
import zlib

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

DISCOVER_REQUEST = 2
DEVICE_TYPE, DEVICE_ID, ANY = 1, 2, 0xFFFFFFFF


def discover() -> bytes:
    """Return the request; the checksum is the only field with the low byte first."""
    body = struct.pack("!BBIBBI", DEVICE_TYPE, 4, ANY, DEVICE_ID, 4, ANY)
    packet = struct.pack("!HH", DISCOVER_REQUEST, len(body)) + body
    return packet + struct.pack("<I", zlib.crc32(packet))


PAYLOADS = (Payload(service="hdhomerun", ports=(65001,), data=discover(), source="HDHomeRun discovery"),)
