"""Quake and its many heirs: what is played on the server.

Four bytes of ones, in Doom 3 two, mark what is no game data.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

OUT_OF_BAND = b"\xff" * 4
CONTROL, SERVER_INFO, GAME, NET_VERSION = 0x80000000, 2, b"QUAKE\0", 3
SIZE_1 = 4 + 1 + len(GAME) + 1
CHALLENGE = 0x50657269

PAYLOADS = (
    Payload(
        service="quake-1",
        ports=(26000,),
        data=struct.pack("!IB6sB", CONTROL | SIZE_1, SERVER_INFO, GAME, NET_VERSION),
        source="Quake, net_dgrm control packets",
    ),
    Payload(
        service="quakeworld",
        ports=(27500,),
        data=OUT_OF_BAND + b"status\n",
        source="QuakeWorld, connectionless packets",
    ),
    Payload(
        service="quake-2",
        ports=(27910,),
        data=OUT_OF_BAND + b"status\n",
        source="Quake II, connectionless packets",
    ),
    Payload(
        service="quake-3",
        ports=(26000, 27960, 30720, 44400),
        data=OUT_OF_BAND + b"getinfo periplus",
        source="Quake III Arena, connectionless packets",
    ),
    Payload(
        service="doom-3",
        ports=(27666, 27733, 28004),
        data=b"\xff\xffgetInfo\0" + struct.pack("<I", CHALLENGE),
        source="Doom 3, connectionless packets",
    ),
)
