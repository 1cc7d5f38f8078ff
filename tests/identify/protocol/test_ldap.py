"""LDAP: what slapd of Debian 12 answers on the loopback, and samba as a domain controller in a namespace."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.damage import damaged
from tests.identify.script import PEER, Line, exhaust, play, survive

from periplus.identify.model import Peer, Protocol
from periplus.identify.protocol.ldap import (
    PROTOCOLS,
    UNBIND,
    entry_untrusted,
    kind_untrusted,
    udp_talk_untrusted,
)
from periplus.payload.ber import integer, octets, sequence, tlv
from periplus.payload.ldap import PAYLOADS

PROTOCOL, UDP = PROTOCOLS
DONE = sequence(integer(1), tlv(0x65, tlv(0x0A, b"\0"), octets(b""), octets(b"")))
NO_TLS = sequence(integer(2), tlv(0x78, tlv(0x0A, b"\2"), octets(b""), octets(b"unsupported")))


def entry(**values: str) -> bytes:
    attributes = (
        sequence(octets(name.encode()), tlv(0x31, octets(value.encode()))) for name, value in values.items()
    )
    return sequence(integer(1), tlv(0x64, octets(b""), sequence(*attributes)))


VENDOR = entry(vendorname="389 Project", vendorVersion="389-Directory/2.3.1 B2023.044.0000")
SCRIPTS: dict[str, list[Line]] = {
    "slapd of Debian 12": [
        (">", None),
        (
            "<",
            (
                b"0\x82\x01\xb5\x02\x01\x01d\x82\x01\xae\x04\x000\x82\x01\xa80%\x04\x0bobjectClass1\x16\x04\x03"
                b"top\x04\x0fOpenLDAProotDSE0*\x04\x15structuralObjectClass1\x11\x04\x0fOpenLDAProotDSE0#\x04"
                b"\x0enamingContexts1\x11\x04\x0fdc=iddb,dc=test0\x81\x8d\x04\x12supportedExtension1w\x04\x16"
                b"1.3.6.1.4.1.1466.20037\x04\x171.3.6.1.4.1.4203.1.11.1\x04\x171.3.6.1.4.1.4203.1.11.3\x04\x0b"
                b"1.3.6.1.1.8\x04\x0e1.3.6.1.1.21.3\x04\x0e1.3.6.1.1.21.10\x1b\x04\x14supportedLDAPVersion1\x03"
                b"\x04\x0130\x81\x80\x04\x17supportedSASLMechanisms1e\x04\rSCRAM-SHA-512\x04\rSCRAM-SHA-384\x04"
                b"\rSCRAM-SHA-256\x04\rSCRAM-SHA-224\x04\x0bSCRAM-SHA-1\x04\nDIGEST-MD5\x04\x08CRAM-MD5\x04\x04"
                b"NTLM0\x0c\x02\x01\x01e\x07\n\x01\x00\x04\x00\x04\x00"
            ),
        ),
        (">", None),
        ("<", b"0\x0c\x02\x01\x02x\x07\n\x01\x00\x04\x00\x04\x00"),
        ("tls", b""),
    ],
    "samba as a domain controller": [
        (">", None),
        (
            "<",
            (
                b"0\x82\x03Y\x02\x01\x01d\x82\x03R\x04\x000\x82\x03L0'\x04\x14defaultNamingContext1\x0f\x04\r"
                b"DC=iddb,DC=ad0\x81\x95\x04\x15supportedCapabilities1|\x04\x161.2.840.113556.1.4.800\x04\x17"
                b"1.2.840.113556.1.4.1670\x04\x171.2.840.113556.1.4.1791\x04\x171.2.840.113556.1.4.1935\x04\x17"
                b"1.2.840.113556.1.4.20800\x1e\x04\x14supportedLDAPVersion1\x06\x04\x012\x04\x01302\x04\nven"
                b'dorName1$\x04"Samba Team (https://www.samba.org)0g\x04\nserverName1Y\x04WCN=IDDBDC,CN=Serv'
                b"ers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=iddb,DC=ad0\x1f\x04\x0bdnsHost"
                b'Name1\x10\x04\x0eiddbdc.iddb.ad0"\x04\x0bcurrentTime1\x13\x04\x1120261125233723.0Z0\x81\xae'
                b"\x04\x0enamingContexts1\x81\x9b\x04\rDC=iddb,DC=ad\x04\x1eCN=Configuration,DC=iddb,DC=ad\x04"
                b"(CN=Schema,CN=Configuration,DC=iddb,DC=ad\x04\x1fDC=DomainDnsZones,DC=iddb,DC=ad\x04\x1fDC"
                b"=ForestDnsZones,DC=iddb,DC=ad05\x04\x17supportedSASLMechanisms1\x1a\x04\nGSS-SPNEGO\x04\x06"
                b"GSSAPI\x04\x04NTLM0!\x04\rvendorVersion1\x10\x04\x0e4.17.12-Debian0\x1a\x04\x13domainFunct"
                b"ionality1\x03\x04\x0140\x1a\x04\x13forestFunctionality1\x03\x04\x0140$\x04\x1ddomainContro"
                b"llerFunctionality1\x03\x04\x0140\x1e\x04\x14isGlobalCatalogReady1\x06\x04\x04TRUE0\x0c\x02"
                b"\x01\x01e\x07\n\x01\x00\x04\x00\x04\x00"
            ),
        ),
        (">", None),
        ("<", bytes.fromhex("3024020102781f0a0100040004008a16312e332e362e312e342e312e313436362e3230303337")),
        ("tls", b""),
    ],
    "a server of 389 without TLS": [
        (">", None),
        ("<", VENDOR + DONE),
        (">", None),
        ("<", NO_TLS),
        (">", UNBIND),
    ],
    "no result": [(">", None), ("<", sequence(integer(2), tlv(0x65, b"")))],
}
UDP_SCRIPTS: dict[str, list[Line]] = {
    "samba as a domain controller": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "3029020101642404003020301e0414737570706f727465644c44415056657273696f6e310604013204013330"
                "0c02010165070a010004000400"
            ),
        ),
        (">", None),
        (
            "<",
            (
                b"0\x82\x03\"\x02\x01\x01d\x82\x03\x1b\x04\x000\x82\x03\x150'\x04\x14defaultNamingContext1\x0f"
                b"\x04\rDC=iddb,DC=ad0\x81\x95\x04\x15supportedCapabilities1|\x04\x161.2.840.113556.1.4.800\x04"
                b"\x171.2.840.113556.1.4.1670\x04\x171.2.840.113556.1.4.1791\x04\x171.2.840.113556.1.4.1935\x04"
                b"\x171.2.840.113556.1.4.20800\x1e\x04\x14supportedLDAPVersion1\x06\x04\x012\x04\x01302\x04\n"
                b'vendorName1$\x04"Samba Team (https://www.samba.org)0g\x04\nserverName1Y\x04WCN=IDDBDC,CN=S'
                b"ervers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=iddb,DC=ad0\x1f\x04\x0bdnsH"
                b'ostName1\x10\x04\x0eiddbdc.iddb.ad0"\x04\x0bcurrentTime1\x13\x04\x1120261125233723.0Z0\x81'
                b"\xae\x04\x0enamingContexts1\x81\x9b\x04\rDC=iddb,DC=ad\x04\x1eCN=Configuration,DC=iddb,DC="
                b"ad\x04(CN=Schema,CN=Configuration,DC=iddb,DC=ad\x04\x1fDC=DomainDnsZones,DC=iddb,DC=ad\x04"
                b"\x1fDC=ForestDnsZones,DC=iddb,DC=ad0!\x04\rvendorVersion1\x10\x04\x0e4.17.12-Debian0\x1a\x04"
                b"\x13domainFunctionality1\x03\x04\x0140\x1a\x04\x13forestFunctionality1\x03\x04\x0140$\x04\x1d"
                b"domainControllerFunctionality1\x03\x04\x0140\x1e\x04\x14isGlobalCatalogReady1\x06\x04\x04T"
                b"RUE0\x0c\x02\x01\x01e\x07\n\x01\x00\x04\x00\x04\x00"
            ),
        ),
    ],
    "no result": [(">", PAYLOADS[0].data), ("<", sequence(integer(1), tlv(0x61, b"")))],
}
MORE_SCRIPTS = [(UDP, UDP_SCRIPTS)]
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (PROTOCOL, [(">", None), ("<", b"0\x0c\x02\x01\x02x\x07\n\x01\x00\x04\x00\x04\x00"), ("tls", b"")]),
    (PROTOCOL, [(">", None), ("<", NO_TLS)]),
    (PROTOCOL, [(">", None), ("<", DONE)]),
]


def test_openldap() -> None:
    service = play(PROTOCOL, SCRIPTS["slapd of Debian 12"])
    assert (service.protocol, service.product) == ("ldap", "OpenLDAP")
    assert service.detail["namingContexts"] == "dc=iddb,dc=test"
    assert service.detail["starttls"] is True


def test_samba() -> None:
    service = play(PROTOCOL, SCRIPTS["samba as a domain controller"])
    assert (service.product, service.hostname) == ("Samba Active Directory", "iddbdc.iddb.ad")
    assert play(UDP, UDP_SCRIPTS["samba as a domain controller"]).product == "Samba Active Directory"


def test_a_vendors_own_words() -> None:
    service = play(PROTOCOL, SCRIPTS["a server of 389 without TLS"])
    assert (service.product, service.version) == ("389 Directory Server", "2.3.1")
    assert service.detail["starttls"] is False


def test_inside_tls_it_is_not_begun_again() -> None:
    inside = Peer("198.18.0.1", 636, tls=True)
    assert play(PROTOCOL, [(">", None), ("<", VENDOR + DONE), (">", UNBIND)], inside).protocol == "ldap"


def test_what_is_no_ldap_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no result"]).protocol is None
    assert play(UDP, UDP_SCRIPTS["no result"]).protocol is None


@given(damaged(VENDOR, DONE))
def test_any_bytes(data: bytes) -> None:
    survive(data, kind_untrusted, entry_untrusted, lambda each: kind_untrusted(each, whole=False))
    survive(data[4:], entry_untrusted)


@given(st.binary(max_size=80))
def test_any_answers(data: bytes) -> None:
    exhaust(udp_talk_untrusted(PEER), data, datagrams=True)
