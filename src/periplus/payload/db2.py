"""DB2: the administration server's name and release, as catalogue tools ask for them."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="db2",
        ports=(523,),
        data=b"DB2GETADDR\0SQL08020\0",
        source="IBM DB2 discovery",
    ),
)
