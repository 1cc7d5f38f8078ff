"""Crestron: the search of the maker's tools for control systems. Building equipment: only for ports named."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SEARCH = bytes.fromhex("14000000010400030000")
NAME_FIELD = 256

PAYLOADS = (
    Payload(
        service="crestron",
        ports=(41794,),
        data=SEARCH + b"periplus".ljust(NAME_FIELD, b"\0"),
        source="Crestron autodiscovery",
        careful=True,
    ),
)
