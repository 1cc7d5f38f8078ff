"""memcached over UDP: its version, one line back. Statistics and values would answer with far more."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

REQUEST_ID, SEQUENCE, DATAGRAMS, RESERVED = 0x5065, 0, 1, 0

PAYLOADS = (
    Payload(
        service="memcached",
        ports=(11211,),
        data=struct.pack("!4H", REQUEST_ID, SEQUENCE, DATAGRAMS, RESERVED) + b"version\r\n",
        source="memcached protocol.txt, UDP protocol",
    ),
)
