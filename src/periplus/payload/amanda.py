"""Amanda: the service that does nothing, by which a backup server sees that a client is there."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="amanda",
        ports=(10080,),
        data=b"Amanda 2.6 REQ HANDLE 000-50657269 SEQ 1\nSERVICE noop\n",
        source="Amanda protocol, request packets",
    ),
)
