"""EtherNet/IP: a device's identity, which needs no session. Industrial controllers: only for ports named."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

LIST_IDENTITY = 0x63
NO_DATA, NO_SESSION, STATUS, OPTIONS = 0, 0, 0, 0

PAYLOADS = (
    Payload(
        service="ethernet-ip",
        ports=(44818,),
        data=struct.pack("<HHII8sI", LIST_IDENTITY, NO_DATA, NO_SESSION, STATUS, b"periplus", OPTIONS),
        source="ODVA CIP volume 2, 2-3.1 and 2-4.2",
        careful=True,
    ),
)
