"""Ubiquiti: the discovery of its access points, bridges and switches, in both versions."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

NO_DATA = 0

PAYLOADS = (
    Payload(
        service="ubiquiti-v1",
        ports=(10001,),
        data=struct.pack("!BBH", 1, 0, NO_DATA),
        source="Ubiquiti discovery, version 1",
    ),
    Payload(
        service="ubiquiti-v2",
        ports=(10001,),
        data=struct.pack("!BBH", 2, 8, NO_DATA),
        source="Ubiquiti discovery, version 2",
    ),
)
