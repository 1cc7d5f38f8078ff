"""NetBIOS name service: all names of a host, its workgroup and its hardware address.

RFC 1002 sections 4.2.17 and 4.2.18 (node status). Servers with Samba send no hardware address.

Identified by a node status with our question's number.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import printable
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told
from periplus.payload.netbios import NBSTAT, PAYLOADS

__all__ = ["PROTOCOL", "looks_untrusted", "status_untrusted"]

QUESTION = PAYLOADS[0].data
RESPONSE, GROUP = 0x80, 0x8000
WORKSTATION, SERVER, CONTROLLERS, MASTER = 0x00, 0x20, 0x1C, 0x1D
ROLES = {
    SERVER: "file server",
    CONTROLLERS: "domain controller",
    MASTER: "master browser",
    0x1B: "domain master browser",
}
Name = tuple[str, int, bool]  # name, suffix, of a group


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it: a node status to our question."""
    ours = data[:2] == QUESTION[:2] and data[2:3] and data[2] & RESPONSE and len(data) > 56
    return 0.97 if ours and data[46:48] == NBSTAT.to_bytes(2, "big") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the status."""
    yield Say(QUESTION)
    names, address = status_untrusted((yield Some()))
    yield Known(0.98, "a node status to our question")
    host = next((name for name, suffix, group in names if suffix == WORKSTATION and not group), None)
    domain = next((name for name, suffix, group in names if suffix == WORKSTATION and group), None)
    listed: list[Detail] = [
        f"{name}<{suffix:02x}>{' group' if group else ''}" for name, suffix, group in names
    ]
    roles: list[Detail] = [ROLES[each] for each in ROLES if any(suffix == each for _, suffix, _ in names)]
    yield Told(
        hostname=host,
        info=f"workgroup {domain}" if domain else None,
        detail={"names": listed, "workgroup": domain, "roles": roles, "mac": address},
    )


def status_untrusted(data: bytes) -> tuple[list[Name], str | None]:
    """Return the names of a node status, and the hardware address; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no node status to our question")
    cursor = Cursor(data, 54)
    cursor.take(2)  # how long the rest is
    names = []
    for _ in range(cursor.number(1)):
        name, suffix = printable(cursor.take(15), "cp437"), cursor.number(1)
        names.append((name, suffix, bool(cursor.number(2) & GROUP)))
    address = cursor.take(6) if cursor.left >= 6 else bytes(6)
    return names, ":".join(f"{byte:02x}" for byte in address) if any(address) else None


PROTOCOL = Protocol(
    name="netbios-ns",
    title="NetBIOS name service",
    source="RFC 1002",
    talk=talk_untrusted,
    looks=looks_untrusted,
    over=Over.UDP,
    ports=(137,),
    rarity=3,
)
