"""SNMP: the description of the system, read in versions 1 and 2c, and the engine's discovery in version 3.

Versions 1 and 2c ask with the community ``public``; an agent that knows another one is silent. Version 3 needs no
secret: an engine reports its identifier to whoever does not know it.
"""

from periplus.payload.ber import integer, octets, oid, sequence, tlv
from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

ID = 0x5065
GET_REQUEST = 0xA0
NULL = bytes([5, 0])
SYS_DESCR_0 = "1.3.6.1.2.1.1.1.0"
VERSION_1, VERSION_2C, VERSION_3 = 0, 1, 3
MAX_SIZE = 65507
REPORTABLE = b"\x04"
USER_SECURITY_MODEL = 3


def get(*bindings: bytes) -> bytes:
    """Return a GetRequest without error (RFC 3416, 4.2.1)."""
    return tlv(GET_REQUEST, integer(ID), integer(0), integer(0), sequence(*bindings))


def community_message(version: int) -> bytes:
    """Return the question of versions 1 and 2c, which differ in a number only."""
    return sequence(integer(version), octets(b"public"), get(sequence(oid(SYS_DESCR_0), NULL)))


def discovery() -> bytes:
    """Return a question with no engine, user or keys (RFC 3414, 4)."""
    header = sequence(integer(ID), integer(MAX_SIZE), octets(REPORTABLE), integer(USER_SECURITY_MODEL))
    security = sequence(octets(b""), integer(0), integer(0), octets(b""), octets(b""), octets(b""))
    scoped = sequence(octets(b""), octets(b""), get())
    return sequence(integer(VERSION_3), header, octets(security), scoped)


PAYLOADS = (
    Payload(service="snmp-v1", ports=(161,), data=community_message(VERSION_1), source="RFC 1157, 4.1.2"),
    Payload(
        service="snmp-v2c", ports=(161,), data=community_message(VERSION_2C), source="RFC 1901, 3; RFC 3416"
    ),
    Payload(service="snmp-v3", ports=(161,), data=discovery(), source="RFC 3412, 6; RFC 3414, 4"),
)
