"""pcAnywhere: a host's name and whether it is free, two letters each."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(service="pcanywhere-name", ports=(5632,), data=b"NQ", source="Symantec pcAnywhere, name query"),
    Payload(
        service="pcanywhere-status", ports=(5632,), data=b"ST", source="Symantec pcAnywhere, status query"
    ),
)
