"""TFTP: a request to read a file that is not there. The error comes from a new port of the server (RFC 1350, 4)."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="tftp",
        ports=(69,),
        data=b"\0\x01periplus-no-such-file\0octet\0",
        source="RFC 1350, 5",
    ),
)
