"""SIP: which methods there are (OPTIONS). No hops are left, so a proxy answers itself and asks nobody (RFC 3261, 11).

``rport`` brings the answer to the port that asked (RFC 3581), whatever ``Via`` names.
"""

from periplus.payload.model import Payload
from periplus.payload.text import lines

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="sip",
        ports=(5060,),
        data=lines(
            "OPTIONS sip:periplus.invalid SIP/2.0",
            "Via: SIP/2.0/UDP periplus.invalid;branch=z9hG4bKperiplus;rport",
            "Max-Forwards: 0",
            "To: <sip:periplus.invalid>",
            "From: <sip:scan@periplus.invalid>;tag=periplus",
            "Call-ID: periplus@periplus.invalid",
            "CSeq: 1 OPTIONS",
            "Contact: <sip:scan@periplus.invalid>",
            "Accept: application/sdp",
            "Content-Length: 0",
        ),
        source="RFC 3261, 11; RFC 3581, 3",
    ),
)
