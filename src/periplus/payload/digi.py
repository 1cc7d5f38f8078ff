"""ADDP: Digi's device servers, asked by the hardware address that stands for all.

Serial equipment hangs behind them: only for ports that the user named one by one.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

DISCOVERY_REQUEST = 1
ANY_DEVICE = b"\xff" * 6

PAYLOADS = (
    Payload(
        service="digi-addp",
        ports=(2362,),
        data=struct.pack("!4sHH", b"DIGI", DISCOVERY_REQUEST, len(ANY_DEVICE)) + ANY_DEVICE,
        source="Digi ADDP",
        careful=True,
    ),
)
