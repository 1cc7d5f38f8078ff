"""RADIUS: the server's status, which logs nobody in.

The request must be signed with a secret that client and server share. We share none, and sign with the one that the
standard's example uses, so this is that example, byte for byte. Limits: most servers drop what they cannot verify.
"""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

STATUS_SERVER, ID, LENGTH = 12, 218, 38
AUTHENTICATOR = bytes.fromhex("8a54f4686fb394c52866e302185d0623")
MESSAGE_AUTHENTICATOR, ATTRIBUTE_LENGTH = 80, 18
SIGNATURE = bytes.fromhex("5a665e2e1e8411f3e243822097c84fa3")  # HMAC-MD5 with the example's secret

PAYLOADS = (
    Payload(
        service="radius",
        ports=(1645, 1646, 1812, 1813),
        data=bytes([STATUS_SERVER, ID, 0, LENGTH])
        + AUTHENTICATOR
        + bytes([MESSAGE_AUTHENTICATOR, ATTRIBUTE_LENGTH])
        + SIGNATURE,
        source="RFC 5997, 6.1",
    ),
)
