"""Squeezebox: the server's name, version and web port, as a player asks for them when it looks for a server."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

DISCOVERY = b"e"
FIELDS = (b"NAME", b"JSON", b"VERS")

PAYLOADS = (
    Payload(
        service="slimproto",
        ports=(3483,),
        data=DISCOVERY + b"".join(field + b"\0" for field in FIELDS),  # each with an empty value
        source="SlimProto, server discovery",
    ),
)
