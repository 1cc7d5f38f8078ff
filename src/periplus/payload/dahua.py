"""Dahua: the search of the maker's tools for cameras and recorders; JSON behind a header of 32 bytes."""

import json
import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

HEADER_SIZE = 32
SEARCH = {"method": "DHDiscover.search", "params": {"mac": "", "uni": 1}}


def search() -> bytes:
    """Return the search; its size stands in the header twice, of the message and of this part."""
    body = json.dumps(SEARCH).encode("ascii") + b"\n"
    return struct.pack("<I4s8xQQ", HEADER_SIZE, b"DHIP", len(body), len(body)) + body


PAYLOADS = (Payload(service="dahua-dhip", ports=(37810,), data=search(), source="Dahua DHIP"),)
