"""EtherNet/IP over UDP and TCP: a device's identity, which needs no session.

ODVA, CIP volume 2, 2-3.1 and 2-4.2 (List Identity); CIP volume 1, 5-2 (identity object).

Identified by a reply to List Identity that returns our context.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told
from periplus.payload.enip import LIST_IDENTITY, PAYLOADS

__all__ = ["PROTOCOLS", "identity_untrusted"]

HEAD = 24
MOST = 2_000
IDENTITY_ITEM = 0x0C
VENDORS = {1: "Rockwell Automation", 5: "Rockwell Automation", 26: "Festo", 40: "WAGO", 47: "Omron", 90: "HMS",
           243: "Schneider Electric", 283: "Hilscher", 562: "Phoenix Contact", 1251: "Siemens"}  # fmt: skip
TYPES = {0: "generic device", 2: "AC drive", 7: "discrete I/O", 12: "communications adapter", 14: "controller",
         24: "operator interface", 43: "generic device", 44: "managed switch"}  # fmt: skip


def identity_untrusted(data: bytes) -> Answered:
    """Read an identity; raises BadReply."""
    cursor = Cursor(data)
    command, length = cursor.number(2, "little"), cursor.number(2, "little")
    cursor.take(8)
    cursor.expect(PAYLOADS[0].data[12:20], "context of ours")
    cursor.take(4)
    if command != LIST_IDENTITY or length != cursor.left or not length:
        raise BadReply("no identity of EtherNet/IP")
    if not cursor.number(2, "little"):
        return Answered(0.9, "an empty list of identities")
    if cursor.number(2, "little") != IDENTITY_ITEM:
        raise BadReply("no identity of EtherNet/IP")
    item = Cursor(cursor.sized(2, "little"))
    item.take(18)
    vendor, kind, code = (item.number(2, "little") for _ in range(3))
    version = f"{item.number(1)}.{item.number(1):03}"
    status, serial = item.number(2, "little"), item.number(4, "little")
    name = item.sized(1).decode("latin-1").strip()
    detail: dict[str, Detail] = {
        "vendor_id": vendor,
        "product_code": code,
        "status": status,
        "serial": f"{serial:08x}",
    }
    maker = VENDORS.get(vendor)
    told = Told(product=name or None, vendor=maker, version=version, device=TYPES.get(kind), detail=detail)
    return Answered(0.98, "its identity", told)


def talk_untrusted(peer: Peer) -> Talk:
    """Ask, and read one message."""
    yield Say(PAYLOADS[0].data)
    head = yield Exactly(HEAD)
    length = int.from_bytes(head[2:4], "little")
    if head[:2] != LIST_IDENTITY.to_bytes(2, "little") or not 2 <= length <= MOST:
        raise BadReply("no identity of EtherNet/IP")
    found = identity_untrusted(head + (yield Exactly(length)))
    yield Known(found.confidence, found.why)
    yield found.told


QUESTION = Question(PAYLOADS[0].data, identity_untrusted)
PROTOCOLS = (
    Protocol(
        name="ethernet-ip",
        title="EtherNet/IP",
        source="ODVA, CIP volume 2",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(44818, 2222),
        rarity=8,
        careful=True,
    ),
    Protocol(
        name="ethernet-ip",
        title="EtherNet/IP",
        source="ODVA, CIP volume 2",
        talk=talk_untrusted,
        looks=looks_of(QUESTION),
        ports=(44818,),
        rarity=8,
        careful=True,
    ),
)
