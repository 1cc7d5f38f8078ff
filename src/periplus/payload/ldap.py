"""LDAP without connection: one attribute of the root entry. All attributes would answer with far more."""

from periplus.payload.ber import integer, octets, sequence, tlv
from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SEARCH_REQUEST = 0x63  # application tag 3, constructed
ENUMERATED, BOOLEAN = 0x0A, 0x01
PRESENT = 0x87  # context tag 7: the attribute exists
BASE_OBJECT = NEVER_FOLLOW_ALIASES = integer(0, ENUMERATED)
FALSE = tlv(BOOLEAN, b"\0")


def root_search(*attributes: bytes) -> bytes:
    """Return a search for attributes of the entry without name (RFC 4511, 4.5.1)."""
    search = tlv(
        SEARCH_REQUEST,
        octets(b""),
        BASE_OBJECT,
        NEVER_FOLLOW_ALIASES,
        integer(1),
        integer(0),
        FALSE,
        octets(b"objectClass", PRESENT),
        sequence(*map(octets, attributes)),
    )
    return sequence(integer(1), search)


PAYLOADS = (
    Payload(
        service="cldap",
        ports=(389,),
        data=root_search(b"supportedLDAPVersion"),
        source="RFC 4511, 4.5.1; MS-ADTS, 3.1.1.3",
    ),
)
