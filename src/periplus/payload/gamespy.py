"""Game servers asked in GameSpy's ways, and in that of the second Unreal engine.

The first way asks for the basic facts only; the fourth answers its handshake with a number, and no more.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

MAGIC, HANDSHAKE, SESSION = 0xFEFD, 9, 0x00050607  # the low half of every byte is all that comes back
UNREAL_2, SERVER_DETAILS = 0x79, 0

PAYLOADS = (
    Payload(
        service="gamespy-1",
        ports=(7778, 23000),
        data=rb"\basic" + b"\\",
        source="GameSpy query and reporting 1",
    ),
    Payload(
        service="gamespy-4",
        ports=(25565, 29900),
        data=struct.pack("!HBI", MAGIC, HANDSHAKE, SESSION),
        source="GameSpy query and reporting 4; Minecraft query",
    ),
    Payload(
        service="unreal-2",
        ports=(7778, 7787),
        data=struct.pack("<IB", UNREAL_2, SERVER_DETAILS),
        source="Unreal engine 2 server query",
    ),
)
