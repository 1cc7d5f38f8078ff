"""KNXnet/IP: what the gateway to a building's bus is; the bus itself is not touched. Only for ports named.

An address of zeros asks for the answer to go back where the question came from.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

HEADER_SIZE, VERSION_1_0 = 6, 0x10
SEARCH, DESCRIPTION = 0x0201, 0x0203
ROUTE_BACK = struct.pack("!BBIH", 8, 1, 0, 0)  # size, UDP over IPv4, address, port


def request(service: int) -> bytes:
    """Return a request that carries nothing but where to answer."""
    return struct.pack("!BBHH", HEADER_SIZE, VERSION_1_0, service, HEADER_SIZE + len(ROUTE_BACK)) + ROUTE_BACK


PAYLOADS = (
    Payload(
        service="knx-description",
        ports=(3671,),
        data=request(DESCRIPTION),
        source="KNX 3/8/2, 7",
        careful=True,
    ),
    Payload(service="knx-search", ports=(3671,), data=request(SEARCH), source="KNX 3/8/2, 7", careful=True),
)
