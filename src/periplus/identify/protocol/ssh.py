"""SSH: the server's banner and what it offers to agree on, before anything is agreed on.

RFC 4253, sections 4.2 (identification string), 6 (binary packets), 7.1 (SSH_MSG_KEXINIT). HASSH (Althouse et al.) is
the MD5 of four of the offered lists, here those of the server.

Identified from the first line on.

Limits: only SSH 2 lists its algorithms; of SSH 1 there is the banner. Host keys need a key exchange and are not asked
for here.
"""

import hashlib
import struct

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "kexinit_untrusted", "looks_untrusted"]

OURS = b"SSH-2.0-Periplus\r\n"
MOST_LINES = 20  # lines that may come before the banner (section 4.2)
MOST_PACKET = 35_000  # section 6.1
KEXINIT = 20
COOKIE = 16
LISTS = (
    "kex", "host_key", "cipher_to_server", "cipher_to_client", "mac_to_server", "mac_to_client",
    "compression_to_server", "compression_to_client",
)  # fmt: skip
HASSH = ("kex", "cipher_to_client", "mac_to_client", "compression_to_client")


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of SSH."""
    return 0.99 if data.startswith((b"SSH-2.0-", b"SSH-1.")) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the banner, send ours, and take the list of what is offered."""
    banner = yield Line(255)
    for _ in range(MOST_LINES):
        if banner.startswith(b"SSH-"):
            break
        banner = yield Line(255)
    if not banner.startswith(b"SSH-"):
        raise BadReply("no SSH identification string")
    text = banner.decode("ascii", "replace")
    yield Known(0.99, f"identification string {text[:8]}")
    version, _, software = text.removeprefix("SSH-").partition("-")
    yield Told(texts={"ssh.software": software}, detail={"protocol": version, "banner": text})
    if version not in ("2.0", "1.99"):
        return
    yield Say(OURS)
    head = yield Exactly(5)
    length, padding = struct.unpack("!IB", head)
    if not padding + 1 <= length <= MOST_PACKET:
        raise BadReply("no SSH packet")
    body = yield Exactly(length - 1)
    yield Told(detail=kexinit_untrusted(body[: len(body) - padding]))


def kexinit_untrusted(payload: bytes) -> dict[str, Detail]:
    """Return the offered lists by name, and their HASSH; raises BadReply."""
    if payload[:1] != bytes([KEXINIT]):
        raise BadReply("no SSH_MSG_KEXINIT")
    lists: dict[str, list[str]] = {}
    rest = payload[1 + COOKIE :]
    for name in LISTS:
        length = int.from_bytes(rest[:4], "big")
        if len(rest) < 4 + length:
            raise BadReply("SSH_MSG_KEXINIT is cut short")
        lists[name] = rest[4 : 4 + length].decode("ascii", "replace").split(",") if length else []
        rest = rest[4 + length :]
    print_of = ";".join(",".join(lists[name]) for name in HASSH)
    hassh = hashlib.md5(print_of.encode(), usedforsecurity=False).hexdigest()
    return {**{name: [*each] for name, each in lists.items()}, "hassh_server": hassh}


PROTOCOL = Protocol(
    name="ssh",
    title="Secure Shell",
    source="RFC 4253",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(22, 2222, 830, 22222),
    first=First.SERVER,
    rarity=1,
)
