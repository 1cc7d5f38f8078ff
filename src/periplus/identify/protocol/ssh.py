"""SSH: the server's banner, what it offers to agree on, and its host keys, one of each kind; nobody logs in.

RFC 4253, sections 4.2 (identification string), 6 (binary packets), 7.1 (SSH_MSG_KEXINIT), 8 (key exchange) and 11.1
(SSH_MSG_DISCONNECT). HASSH (Althouse et al.) is the MD5 of four of the offered lists, here those of the server.

A server shows a host key when a key exchange is begun. For each kind that it has there is one connection, in which we
agree to all that it offers, send our share, take its key and signature, and disconnect.

Identified from the first line on.

Limits: only SSH 2 lists its algorithms and shows its keys in this way; of SSH 1 there is the banner. Keys of servers
that know none of our exchanges (`ssh_keys`) stay unknown. The same share is used for all connections to a server, as
there is nothing to keep secret.
"""

import hashlib
import struct
from base64 import b64encode
from collections.abc import Generator
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.ssh_keys import (
    EXCHANGES,
    bits_untrusted,
    fingerprint,
    mpint,
    string,
    strings_untrusted,
    verified_untrusted,
)
from periplus.identify.talk import Afresh, Detail, End, Ended, Exactly, Known, Line, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "host_key_untrusted", "kexinit_untrusted", "looks_untrusted"]

OURS = b"SSH-2.0-Periplus"
MOST_LINES = 20  # lines that may come before the banner (section 4.2)
MOST_PACKET = 35_000  # section 6.1
MOST_PACKETS = 8  # that may come before a reply
DISCONNECT, KEXINIT, EXCHANGE_INIT, EXCHANGE_REPLY = 1, 20, 30, 31
BY_APPLICATION = 11
BYE = bytes([DISCONNECT]) + struct.pack("!I", BY_APPLICATION) + string(b"bye") + string(b"")
COOKIE = 16
LISTS = (
    "kex", "host_key", "cipher_to_server", "cipher_to_client", "mac_to_server", "mac_to_client",
    "compression_to_server", "compression_to_client",
)  # fmt: skip
HASSH = ("kex", "cipher_to_client", "mac_to_client", "compression_to_client")
KINDS = (  # of host keys, each with the ways it may sign
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256",),
    ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
    ("ecdsa-sha2-nistp384",),
    ("ecdsa-sha2-nistp521",),
    ("ssh-dss",),
)
Lists = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server began with: its banner, and its SSH_MSG_KEXINIT as it came and as it reads."""

    banner: bytes
    kexinit: bytes
    lists: Lists


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of SSH."""
    return 0.99 if data.startswith((b"SSH-2.0-", b"SSH-1.")) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take banner and lists, then a host key of each kind."""
    banner = yield from _banner()
    text = banner.decode("ascii", "replace")
    yield Known(0.99, f"identification string {text[:8]}")
    version, _, software = text.removeprefix("SSH-").partition("-")
    yield Told(texts={"ssh.software": software}, detail={"protocol": version, "banner": text})
    if version not in ("2.0", "1.99"):
        return
    offer = yield from _offer(banner)
    yield Told(detail=_told(offer.lists))
    kinds = [kind for kind in KINDS if set(kind) & set(offer.lists["host_key"])]
    known = next((name for name in EXCHANGES if name in offer.lists["kex"]), None)
    keys: list[Detail] = []
    fault: BadReply | None = None
    for number, kind in enumerate(kinds if known else ()):
        if number:
            yield Afresh()
            offer = yield from _offer((yield from _banner()))
        assert known is not None
        try:
            keys.append((yield from _host_key(offer, known, kind, peer.nonce)))
        except BadReply as error:  # some servers offer kinds of which they have no key
            fault = error
            if isinstance(error, Ended) and error.why is End.SILENT:
                break
            continue
        yield Told(detail={"host_keys": [*keys]})
        yield Say(_packet(BYE))
    if fault is not None:
        raise fault


def _banner() -> Generator[Want, bytes, bytes]:
    for _ in range(MOST_LINES + 1):
        line = yield Line(255)
        if line.startswith(b"SSH-"):
            return line
    raise BadReply("no SSH identification string")


def _offer(banner: bytes) -> Generator[Want, bytes, Offer]:
    yield Say(OURS + b"\r\n")
    payload = yield from _taken()
    return Offer(banner, payload, kexinit_untrusted(payload))


def _taken() -> Generator[Want, bytes, bytes]:
    """Read one packet; return its payload."""
    length, padding = struct.unpack("!IB", (yield Exactly(5)))
    if not padding + 1 < length <= MOST_PACKET:
        raise BadReply("no SSH packet")
    body = yield Exactly(length - 1)
    return body[: len(body) - padding]


def _packet(payload: bytes) -> bytes:
    padding = 4 + -(len(payload) + 9) % 8
    return struct.pack("!IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def _host_key(
    offer: Offer, exchange: str, kind: tuple[str, ...], nonce: bytes
) -> Generator[Want, bytes, Detail]:
    """Begin a key exchange for a key of this kind; return what a reader may want of the key."""
    agreed = {
        **offer.lists,
        "kex": [exchange],
        "host_key": [each for each in kind if each in offer.lists["host_key"]],
    }
    lists = b"".join(string(",".join(agreed[name]).encode()) for name in LISTS)
    ours = bytes([KEXINIT]) + nonce[:COOKIE] + lists + string(b"") * 2 + bytes(5)
    begun = EXCHANGES[exchange].begin(nonce)
    yield Say(_packet(ours))
    yield Say(_packet(bytes([EXCHANGE_INIT]) + string(begun.share)))
    for _ in range(MOST_PACKETS):
        payload = yield from _taken()
        if payload[0] == DISCONNECT:
            raise BadReply("the server disconnects")
        if payload[0] == EXCHANGE_REPLY:
            blob, share, signature = strings_untrusted(payload[1:], 3)
            begin = b"".join(map(string, (OURS, offer.banner, ours, offer.kexinit, blob, begun.share, share)))
            try:
                signed = hashlib.new(
                    EXCHANGES[exchange].hash, begin + mpint(begun.agree_untrusted(share))
                ).digest()
            except ValueError:
                raise BadReply("no share of a key exchange") from None
            return host_key_untrusted(blob, signature, signed)
    raise BadReply("no reply to a key exchange")


def host_key_untrusted(blob: bytes, signature: bytes, signed: bytes) -> dict[str, Detail]:
    """Return kind, bits, fingerprints, the key in base 64, and whether the signature fits (None: not known here).

    Raises BadReply.
    """
    [kind] = strings_untrusted(blob, 1)
    return {
        "type": kind.decode("ascii", "replace"),
        "bits": bits_untrusted(blob),
        "sha256": fingerprint(blob),
        "md5": hashlib.md5(blob, usedforsecurity=False).hexdigest(),  # as older lists of known hosts have it
        "key": b64encode(blob).decode(),
        "verified": verified_untrusted(blob, signature, signed),
    }


def kexinit_untrusted(payload: bytes) -> Lists:
    """Return the offered lists by name; raises BadReply."""
    if payload[:1] != bytes([KEXINIT]):
        raise BadReply("no SSH_MSG_KEXINIT")
    read = strings_untrusted(payload[1 + COOKIE :], len(LISTS))
    return {
        name: each.decode("ascii", "replace").split(",") if each else []
        for name, each in zip(LISTS, read, strict=True)
    }


def _told(lists: Lists) -> dict[str, Detail]:
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
