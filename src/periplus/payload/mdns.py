"""Multicast DNS, asked directly: which service types there are.

The top bit of the class asks for an answer to the sender alone (RFC 6762, 5.4). A query that does not come from port
5353 is answered to the sender anyway (6.7), with its ID and question.
"""

from periplus.payload.dns import IN, PTR, encode_name, question
from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

UNICAST_ANSWER = 0x8000

PAYLOADS = (
    Payload(
        service="mdns",
        ports=(5353,),
        data=question(encode_name("_services._dns-sd._udp.local"), PTR, UNICAST_ANSWER | IN),
        source="RFC 6762, 5.4; RFC 6763, 9",
    ),
)
