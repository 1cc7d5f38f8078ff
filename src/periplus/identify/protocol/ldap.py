"""LDAP over TCP and UDP: the root entry, which any client may read, then TLS by the extended operation.

RFC 4511 sections 4.2 to 4.5, 4.12, 4.14 (StartTLS); RFC 4512 section 5.1 (root DSE); MS-ADTS section 3.1.1.3 for
what Active Directory adds. Nothing is bound.

Identified by a search's result with our message's number.
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.ber import elements_untrusted, taken, within_untrusted
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Ended, Known, Say, Secure, Some, Talk, Told, Want
from periplus.payload.ber import integer, octets, sequence, tlv
from periplus.payload.ldap import PAYLOADS, root_search

__all__ = ["PROTOCOLS", "entry_untrusted", "kind_untrusted", "looks_untrusted", "upgrade_untrusted"]

WANTED = (
    "objectClass", "vendorName", "vendorVersion", "namingContexts", "supportedLDAPVersion", "supportedSASLMechanisms",
    "dnsHostName", "defaultNamingContext", "domainFunctionality", "forestFunctionality",
    "domainControllerFunctionality", "serverName", "supportedCapabilities", "isGlobalCatalogReady", "currentTime",
    "structuralObjectClass", "supportedExtension",
)  # fmt: skip
SEQUENCE, INTEGER = 0x30, 0x02
ENTRY, FINISHED, EXTENDED = 0x64, 0x65, 0x78
START_TLS, DISCONNECTION = b"1.3.6.1.4.1.1466.20037", b"1.3.6.1.4.1.1466.20036"
ASK_TLS = sequence(integer(2), tlv(0x77, octets(START_TLS, 0x80)))
UNBIND = sequence(integer(3), tlv(0x42))
MOST, MOST_MESSAGES, MOST_VALUES = 65_535, 8, 40
Message = tuple[int, int, bytes]  # number, kind, what it holds


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of LDAP: a search's result, or a notice of disconnection."""
    try:
        number, kind, value = kind_untrusted(data[:2] + data[2:], whole=False)
    except BadReply:
        return 0.0
    if kind in (ENTRY, FINISHED) and number == 1:
        return 0.9
    return 0.9 if kind == EXTENDED and number == 0 and DISCONNECTION in value else 0.0


def kind_untrusted(data: bytes, whole: bool = True) -> Message:
    """Return number, kind and value of the first message; raises BadReply. `whole`: nothing may be missing."""
    if not whole:
        return _head(data)
    inside = elements_untrusted(within_untrusted(data, SEQUENCE))
    if len(inside) < 2 or inside[0].tag != INTEGER:
        raise BadReply("no message of LDAP")
    return inside[0].number, inside[1].tag, inside[1].value


def _head(data: bytes) -> Message:
    """Return the same of a message that may be cut short: lengths are not looked at."""
    if len(data) < 8 or data[0] != SEQUENCE:
        raise BadReply("no message of LDAP")
    at = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    if data[at : at + 2] != bytes([INTEGER, 1]) or len(data) < at + 5:
        raise BadReply("no message of LDAP")
    return data[at + 2], data[at + 3], data[at + 4 :]


def entry_untrusted(value: bytes) -> dict[str, list[str]]:
    """Return the attributes of an entry; raises BadReply."""
    parts = elements_untrusted(value)
    if len(parts) < 2:
        raise BadReply("no entry")
    found: dict[str, list[str]] = {}
    for attribute in parts[1].inner_untrusted():
        name, *values = attribute.inner_untrusted()
        inside = values[0].inner_untrusted() if values else []
        found[name.text] = [each.text for each in inside[:MOST_VALUES]]
    return found


def _told(found: dict[str, list[str]]) -> Told:
    """Return the root entry's words; their names as they are known, whatever case the server writes."""
    known = {name.lower(): name for name in WANTED}
    given = {known[name.lower()]: values for name, values in found.items() if name.lower() in known}
    said = {name: given[name] for name in WANTED if name in given}
    text = "\n".join(f"{name}:{value}" for name, values in said.items() for value in values)
    detail: dict[str, Detail] = {
        name: values[0] if len(values) == 1 else [*values] for name, values in said.items()
    }
    return Told(
        texts={"ldap.root": text}, hostname=next(iter(said.get("dnsHostName", [])), None), detail=detail
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Read the root entry, then begin TLS."""
    yield Say(root_search(*(each.encode() for each in WANTED)))
    for _ in range(MOST_MESSAGES):
        number, kind, value = kind_untrusted((yield from taken(MOST)))
        if number != 1 or kind not in (ENTRY, FINISHED):
            raise BadReply("no result of our search")
        yield Known(0.98, "the result of our search")
        if kind == FINISHED:
            break
        yield _told(entry_untrusted(value))
    if peer.tls:
        yield Say(UNBIND)
        return
    yield from _tls()


def _tls() -> Generator[Want, bytes, None]:
    try:
        agreed = yield from _agreed()
    except Ended:
        return
    yield Told(detail={"starttls": agreed})
    yield Secure() if agreed else Say(UNBIND)


def _agreed() -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    yield Say(ASK_TLS)
    number, kind, value = kind_untrusted((yield from taken(MOST)))
    return (number, kind) == (2, EXTENDED) and value.startswith(b"\x0a\1\0")


def upgrade_untrusted(peer: Peer) -> Talk:
    """Begin TLS."""
    if not (yield from _agreed()):
        raise BadReply("it does not begin TLS")
    yield Secure()


def udp_talk_untrusted(peer: Peer) -> Talk:
    """Read one attribute of the root entry, then all that are wanted."""
    yield Say(PAYLOADS[0].data)
    number, kind, _ = kind_untrusted((yield Some()))
    if number != 1 or kind not in (ENTRY, FINISHED):
        raise BadReply("no result of our search")
    yield Known(0.97, "the result of our search")
    yield Say(root_search(*(each.encode() for each in WANTED)))
    _, kind, value = kind_untrusted((yield Some()))
    if kind == ENTRY:
        yield _told(entry_untrusted(value))


PROTOCOLS = (
    Protocol(
        name="ldap",
        title="LDAP",
        source="RFC 4511",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(389, 3268, 1389, 10389),
        tls_ports=(636, 3269, 1636, 10636),
        rarity=3,
        upgrade=upgrade_untrusted,
    ),
    Protocol(
        name="cldap",
        title="LDAP without connection",
        source="RFC 1798; MS-ADTS",
        talk=udp_talk_untrusted,
        looks=looks_untrusted,
        over=Over.UDP,
        ports=(389,),
        rarity=4,
    ),
)
