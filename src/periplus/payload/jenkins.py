"""Jenkins: before version 2.220 a controller told about itself to any datagram."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(service="jenkins", ports=(33848,), data=b"periplus\n", source="Jenkins, UDP auto-discovery"),
)
