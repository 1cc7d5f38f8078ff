"""SNMP: the engine's identifier, which version 3 gives to anybody, and what ``public`` may read of the system.

RFC 3414, section 4 (discovery); RFC 3411, section 5 (SnmpEngineID: the maker's enterprise number and, mostly, one of
its hardware or internet addresses); RFC 1157 and 3416. No other community than ``public`` is ever tried.

Identified by an answer in SNMP's structure with our request's number.

Limits: an agent that speaks version 3 alone, or another community, describes nothing.
"""

from periplus.errors import BadReply
from periplus.identify.ber import Element, elements_untrusted, oid_untrusted
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Talk, Told
from periplus.payload.snmp import ID, PAYLOADS, SYS_DESCR_0

__all__ = ["PROTOCOL", "engine_of", "version_1_untrusted", "version_2c_untrusted", "version_3_untrusted"]

VERSION_1, VERSION_2C, VERSION_3 = (each.data for each in PAYLOADS)
GET_RESPONSE, OCTETS = 0xA2, 4
ENTERPRISES = {
    2: "IBM", 9: "Cisco", 11: "HP", 18: "Wellfleet", 23: "Novell", 42: "Sun", 43: "3Com", 45: "SynOptics",
    111: "Oracle", 116: "Hitachi", 119: "NEC", 161: "Motorola", 171: "D-Link", 193: "Ericsson", 207: "Allied Telesis",
    231: "Fujitsu Siemens", 232: "Compaq", 253: "Xerox", 311: "Microsoft", 318: "APC", 343: "Intel", 367: "Ricoh",
    368: "Axis", 388: "Symbol", 534: "Eaton", 562: "Mitel", 637: "Alcatel-Lucent", 641: "Lexmark", 674: "Dell",
    789: "NetApp", 800: "Alcatel", 850: "Network Appliance", 890: "ZyXEL", 1248: "Epson", 1347: "Kyocera",
    1588: "Brocade", 1602: "Canon", 1916: "Extreme Networks", 1991: "Foundry", 2011: "Huawei", 2021: "UCD-SNMP",
    2435: "Brother", 2636: "Juniper", 2620: "Check Point", 3375: "F5", 3417: "Blue Coat", 3902: "ZTE",
    4413: "Broadcom", 4526: "Netgear", 4881: "Ruijie", 5624: "Enterasys", 5951: "Citrix NetScaler", 6027: "Force10",
    6486: "Alcatel-Lucent Enterprise", 6527: "Nokia", 6574: "Synology", 6876: "VMware", 8072: "Net-SNMP",
    8741: "SonicWall", 8744: "Colubris", 9694: "Arbor", 10002: "Frogfoot", 10876: "Supermicro", 11863: "TP-Link",
    12325: "FreeBSD", 12356: "Fortinet", 14823: "Aruba", 14988: "MikroTik", 16394: "SEH", 18334: "Konica Minolta",
    19746: "Data Domain", 24681: "QNAP", 25053: "Ruckus", 25461: "Palo Alto Networks", 25506: "H3C", 26543: "IBM",
    30065: "Arista", 33049: "Mellanox", 40310: "Cumulus Networks", 41112: "Ubiquiti", 47196: "HPE Aruba",
}  # fmt: skip


def version_1_untrusted(data: bytes) -> Answered:
    """Read an answer of version 1; raises BadReply."""
    return _community(0, data)


def version_2c_untrusted(data: bytes) -> Answered:
    """Read an answer of version 2c; raises BadReply."""
    return _community(1, data)


def _community(asked: int, data: bytes) -> Answered:
    version, _, response, *_ = _message(data, 3)
    if version.number != asked or response.tag != GET_RESPONSE:
        raise BadReply("no SNMP response of this version")
    number, *_, bindings = response.inner_untrusted()
    if number.number != ID:
        raise BadReply("a response to another request")
    text = _description(bindings)
    name = ("v1", "v2c")[asked]
    detail: dict[str, Detail] = {"public_may_read": True, f"{name}": True}
    told = (
        Told(texts={"snmp.sysdescr": text}, detail={**detail, "sysdescr": text})
        if text
        else Told(detail=detail)
    )
    return Answered(0.98, f"a response of SNMP {name}", told)


def _description(bindings: Element) -> str:
    for each in bindings.inner_untrusted():
        name, value, *_ = [*each.inner_untrusted(), *2 * (Element(0, b"\0"),)]
        if value.tag == OCTETS and oid_untrusted(name.value) == SYS_DESCR_0:
            return value.text.replace("\0", "").strip()
    return ""


def version_3_untrusted(data: bytes) -> Answered:
    """Read the report with the engine's identifier; raises BadReply."""
    version, header, security, *_ = _message(data, 4)
    if version.number != 3 or header.inner_untrusted()[:1] != [Element(2, ID.to_bytes(2, "big"))]:
        raise BadReply("no SNMP 3 message to our request")
    parameters = [each for outer in security.inner_untrusted() for each in outer.inner_untrusted()]
    if len(parameters) < 3:
        raise BadReply("no parameters of the user-based security model")
    engine, boots, seconds = parameters[:3]
    if not engine.value:
        raise BadReply("no engine's identifier: our own question")
    detail: dict[str, Detail] = {"v3": True, "engine_id": engine.value.hex()}
    detail |= {"engine_boots": boots.number, "engine_seconds": seconds.number}
    found = engine_of(engine.value)
    vendor = found.get("engine_vendor")
    texts = {"snmp.engine": vendor} if isinstance(vendor, str) else {}
    return Answered(0.98, "a report of SNMP 3", Told(texts=texts, detail={**detail, **found}))


def engine_of(identifier: bytes) -> dict[str, Detail]:
    """Return what an engine's identifier says: enterprise, and its address or text (RFC 3411, SnmpEngineID)."""
    if len(identifier) < 5:
        return {}
    enterprise = int.from_bytes(identifier[:4], "big") & 0x7FFFFFFF
    found: dict[str, Detail] = {"engine_enterprise": enterprise}
    if enterprise in ENTERPRISES:
        found["engine_vendor"] = ENTERPRISES[enterprise]
    if identifier[0] & 0x80:
        kind, rest = identifier[4], identifier[5:]
        if kind == 1 and len(rest) == 4:
            found["engine_address"] = ".".join(map(str, rest))
        elif kind == 3 and len(rest) >= 6:
            found["engine_mac"] = rest[:6].hex(":")
        elif kind == 4:
            found["engine_text"] = rest.decode("utf-8", "replace")
    return found


def _message(data: bytes, least: int) -> list[Element]:
    outer = elements_untrusted(data)
    if len(outer) != 1 or outer[0].tag != 0x30:
        raise BadReply("no SNMP message")
    parts = outer[0].inner_untrusted()
    if len(parts) < least or any(not part.value for part in parts[:1]):
        raise BadReply("too short for SNMP")
    return parts


QUESTIONS = (
    Question(VERSION_3, version_3_untrusted),
    Question(VERSION_2C, version_2c_untrusted, wait_s=1.0),
    Question(VERSION_1, version_1_untrusted, wait_s=1.0),
)
ASKED = talk_of(*QUESTIONS)


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the engine and as ``public``, which may read nothing unless an answer shows it."""
    yield Told(detail={"public_may_read": False})
    yield from ASKED(peer)


PROTOCOL = Protocol(
    name="snmp",
    title="Simple Network Management Protocol",
    source="RFC 3412, RFC 3416, RFC 1157",
    talk=talk_untrusted,
    looks=looks_of(*QUESTIONS),
    over=Over.UDP,
    ports=(161, 1161, 10161),
    rarity=2,
)
