"""AFS: the version of whatever speaks Rx on a port, from file server to cache manager."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

EPOCH, CONNECTION, CALL, SEQUENCE, SERIAL = 0x50657269, 0x706C7500, 0, 0, 0
VERSION_PACKET, FROM_CLIENT = 13, 1
ROOM = 65  # bytes of zero where the answer puts its text

PAYLOADS = (
    Payload(
        service="afs",
        ports=(7000, 7001, 7002, 7003, 7005, 7007),
        data=struct.pack(
            "!5I8B", EPOCH, CONNECTION, CALL, SEQUENCE, SERIAL, VERSION_PACKET, FROM_CLIENT, *6 * [0]
        )
        + bytes(ROOM),
        source="Rx protocol specification, packet header and version packets",
    ),
)
