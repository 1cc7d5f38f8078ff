"""Minecraft (Bedrock) and other games over RakNet: a ping outside any connection, answered with name and version."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

UNCONNECTED_PING = 1
TIME = CLIENT = 0x50657269_706C7573
MAGIC = bytes.fromhex("00ffff00fefefefefdfdfdfd12345678")

PAYLOADS = (
    Payload(
        service="minecraft-bedrock",
        ports=(19132, 19133),
        data=struct.pack("!BQ16sQ", UNCONNECTED_PING, TIME, MAGIC, CLIENT),
        source="RakNet, unconnected ping",
    ),
)
