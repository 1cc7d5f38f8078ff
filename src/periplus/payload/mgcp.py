"""MGCP: an audit of one endpoint that a gateway does not have."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="mgcp",
        ports=(2427,),
        data=b"AUEP 50657269 aaln/1@periplus.invalid MGCP 1.0\r\n",
        source="RFC 3435, 2.3.10 and 3.2",
    ),
)
