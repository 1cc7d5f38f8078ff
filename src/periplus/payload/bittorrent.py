"""BitTorrent: a ping to a node of the distributed table, and the first half of a tracker's handshake."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

NODE = b"periplus".ljust(20, b".")
CONNECTION_MAGIC, CONNECT, TRANSACTION = 0x41727101980, 0, 0x50657269

PAYLOADS = (
    Payload(
        service="bittorrent-dht",
        ports=(6881,),
        data=b"d1:ad2:id20:" + NODE + b"e1:q4:ping1:t1:p1:y1:qe",
        source="BEP 5",
    ),
    Payload(
        service="bittorrent-tracker",
        ports=(1337, 6969),
        data=struct.pack("!QII", CONNECTION_MAGIC, CONNECT, TRANSACTION),
        source="BEP 15",
    ),
)
