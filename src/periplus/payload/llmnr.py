"""LLMNR: the name of 127.0.0.1, which every host has.

Limits: RFC 4795 (2.4) lets a responder drop queries that were not sent to the multicast address, so silence is usual.
"""

from periplus.payload.dns import IN, PTR, encode_name, question
from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="llmnr",
        ports=(5355,),
        data=question(encode_name("1.0.0.127.in-addr.arpa"), PTR, IN),
        source="RFC 4795, 2.1",
    ),
)
