"""BACnet/IP: which device is this, asked in two ways. Building controllers: only for ports named one by one.

An I-Am may go to everybody in the network instead of to us, so one property is read as well, by the device number
that stands for any device.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

BACNET_IP, UNICAST = 0x81, 0x0A
NETWORK_VERSION, EXPECTS_REPLY = 1, 4
UNCONFIRMED_WHO_IS = bytes([0x10, 8])
CONFIRMED, MAX_SIZE_1476, INVOKE_ID, READ_PROPERTY = 0, 5, 1, 12
DEVICE_TYPE, ANY_DEVICE, OBJECT_IDENTIFIER = 8, 0x3FFFFF, 75
OBJECT_TAG, PROPERTY_TAG = 0x0C, 0x19  # context tags 0 and 1, of four bytes and one


def message(control: int, application: bytes) -> bytes:
    """Return an application message in its network message in its link message."""
    body = bytes([NETWORK_VERSION, control]) + application
    return struct.pack("!BBH", BACNET_IP, UNICAST, 4 + len(body)) + body


def read_identifier() -> bytes:
    """Return the request to read a device's own identifier."""
    header = bytes([CONFIRMED, MAX_SIZE_1476, INVOKE_ID, READ_PROPERTY])
    which = struct.pack("!BI", OBJECT_TAG, DEVICE_TYPE << 22 | ANY_DEVICE)
    return header + which + bytes([PROPERTY_TAG, OBJECT_IDENTIFIER])


PAYLOADS = (
    Payload(
        service="bacnet",
        ports=(47808,),
        data=message(EXPECTS_REPLY, read_identifier()),
        source="ASHRAE 135, 15.5 and annex J",
        careful=True,
    ),
    Payload(
        service="bacnet-who-is",
        ports=(47808,),
        data=message(0, UNCONFIRMED_WHO_IS),
        source="ASHRAE 135, 16.10 and annex J",
        careful=True,
    ),
)
