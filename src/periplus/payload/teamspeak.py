"""TeamSpeak 3: the first step of its handshake, answered with a cookie. Nobody is logged in."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

MAC = b"TS3INIT1"  # stands where a signature stands later
PACKET, CLIENT = 101, 0
UNENCRYPTED_INIT = 0x88
VERSION, STEP, TIME, CHANCE = 0x09C83DC6, 0, 0x50657269, 0x706C7573

PAYLOADS = (
    Payload(
        service="teamspeak-3",
        ports=(9987,),
        data=struct.pack("!8sHHBIBII8x", MAC, PACKET, CLIENT, UNENCRYPTED_INIT, VERSION, STEP, TIME, CHANCE),
        source="TeamSpeak 3 protocol, low-level initialisation",
    ),
)
