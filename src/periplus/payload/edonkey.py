"""eDonkey and Kademlia: a server's status, and a ping to a node."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

EDONKEY, SERVER_STATUS, CHALLENGE = 0xE3, 0x96, 0x50657269
KADEMLIA, PING = 0xE4, 0x60

PAYLOADS = (
    Payload(
        service="edonkey-server",
        ports=(4665,),
        data=struct.pack("<BBI", EDONKEY, SERVER_STATUS, CHALLENGE),
        source="eMule protocol specification, UDP messages",
    ),
    Payload(service="kademlia", ports=(4672,), data=bytes([KADEMLIA, PING]), source="eMule Kademlia 2"),
)
