"""Mumble: the ping of the server list, answered with version and users."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

EXTENDED_PING, IDENT = 0, 0x50657269_706C7573

PAYLOADS = (
    Payload(
        service="mumble",
        ports=(64738,),
        data=struct.pack("!IQ", EXTENDED_PING, IDENT),
        source="Mumble protocol, server ping",
    ),
)
