"""Kerberos: a first request for a realm that no server has, without any proof of who asks.

A server answers that it does not know the realm, or the name. Nobody is logged in, and no account's failures grow.
"""

from periplus.payload.ber import integer, octets, sequence, tlv
from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

REALM, CLIENT = b"PERIPLUS.INVALID", b"periplus"
APPLICATION_AS_REQ, AS_REQ, PROTOCOL_VERSION = 0x6A, 10, 5
BIT_STRING, GENERALIZED_TIME, GENERAL_STRING = 0x03, 0x18, 0x1B
NAME_PRINCIPAL, NAME_SERVICE = 1, 2
NO_OPTIONS = tlv(BIT_STRING, bytes(5))
NO_END = b"19700101000000Z"  # "as long as you allow" (RFC 4120, 3.1.3)
NONCE = 0x50657269
ETYPES = (18, 17, 23)  # AES-256, AES-128, RC4


def field(number: int, value: bytes) -> bytes:
    """Return a value with its explicit tag."""
    return tlv(0xA0 | number, value)


def principal(kind: int, *names: bytes) -> bytes:
    """Return a name of one or more parts (RFC 4120, 5.2.2)."""
    return sequence(
        field(0, integer(kind)), field(1, sequence(*[octets(name, GENERAL_STRING) for name in names]))
    )


def request() -> bytes:
    """Return the request (RFC 4120, 5.4.1)."""
    body = sequence(
        field(0, NO_OPTIONS),
        field(1, principal(NAME_PRINCIPAL, CLIENT)),
        field(2, octets(REALM, GENERAL_STRING)),
        field(3, principal(NAME_SERVICE, b"krbtgt", REALM)),
        field(5, octets(NO_END, GENERALIZED_TIME)),
        field(7, integer(NONCE)),
        field(8, sequence(*map(integer, ETYPES))),
    )
    parts = field(1, integer(PROTOCOL_VERSION)), field(2, integer(AS_REQ)), field(4, body)
    return tlv(APPLICATION_AS_REQ, sequence(*parts))


PAYLOADS = (Payload(service="kerberos", ports=(88,), data=request(), source="RFC 4120, 5.4.1 and 7.2.1"),)
