"""NAT-PMP and PCP: a gateway's outer address, and the announcement by which PCP clients look for a server.

Neither maps a port. The announcement names no address of its client, which a server answers as a mismatch.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

EXTERNAL_ADDRESS = bytes([0, 0])
UNSPECIFIED_IPV4 = bytes(10) + b"\xff\xff" + bytes(4)

PAYLOADS = (
    Payload(service="nat-pmp", ports=(5351,), data=EXTERNAL_ADDRESS, source="RFC 6886, 3.2"),
    Payload(
        service="pcp",
        ports=(5351,),
        data=struct.pack("!BBHI16s", 2, 0, 0, 0, UNSPECIFIED_IPV4),
        source="RFC 6887, 7.1 and 14.1",
    ),
)
