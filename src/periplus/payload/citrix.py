"""Citrix ICA browser: the message by which a client finds the master browser."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SIZE = 30  # counts itself
REQUEST_MASTER = 0x3001
MAGIC = 0xE3A8FD02

PAYLOADS = (
    Payload(
        service="citrix-ica-browser",
        ports=(1604,),
        data=struct.pack("<HHI22x", SIZE, REQUEST_MASTER, MAGIC),
        source="Citrix ICA browser protocol",
    ),
)
