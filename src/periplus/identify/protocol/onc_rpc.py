"""ONC RPC: the portmapper's list of programs, and which versions of NFS and GlusterFS answer.

RFC 5531 sections 9 (messages), 11 (record marking); RFC 1833 section 3 (PMAPPROC_DUMP); RFC 1813. A version that
no program has is answered with those it has (PROG_MISMATCH), so one call tells the range; procedure 0 does
nothing.

Identified by a reply with our call's number, by the program that was called.
"""

import struct
from collections.abc import Callable

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told
from periplus.payload.onc_rpc import XID, null_call

__all__ = ["PROGRAMS", "PROTOCOLS", "programs_untrusted", "reply_untrusted"]

CALLED = PORTMAPPER, NFS, MOUNTD, GLUSTER = 100000, 100003, 100005, 14398633
DUMP, NO_VERSION, PORTMAPPER_VERSION = 4, 999, 2
LAST = 0x80000000
ACCEPTED, DENIED = 0, 1
SUCCESS, UNAVAILABLE, MISMATCH, NO_PROCEDURE = 0, 1, 2, 3
CARRIERS = {6: "tcp", 17: "udp"}
MOST_PROGRAMS, MOST = 400, 32_768
PROGRAMS = {
    100000: "portmapper", 100001: "rstatd", 100002: "rusersd", 100003: "nfs", 100004: "ypserv", 100005: "mountd",
    100007: "ypbind", 100008: "walld", 100009: "yppasswdd", 100011: "rquotad", 100012: "sprayd", 100017: "rexd",
    100020: "llockmgr", 100021: "nlockmgr", 100024: "status", 100026: "bootparam", 100028: "ypupdated",
    100068: "cmsd", 100069: "ypxfrd", 100083: "ttdbserverd", 100133: "nsm_addrand", 100227: "nfs_acl",
    100229: "metad", 100232: "sadmind", 100300: "nisd", 150001: "pcnfsd", 300019: "amd", 390103: "nsrexec",
    390109: "nsrd", 390113: "nsrexecd", 395183: "vxworks", 545580417: "bwnfsd", 14398633: "glusterfs handshake",
    1073741824: "fam",
}  # fmt: skip


def number_of(program: int) -> int:
    """Return the number of our calls of a program: a reply shows by it which program was called."""
    return XID + program - PORTMAPPER


def call(program: int, version: int, procedure: int = 0) -> bytes:
    """Return a call without arguments."""
    bare = null_call(program, version)
    return struct.pack("!I", number_of(program)) + bare[4:20] + struct.pack("!I", procedure) + bare[24:]


def marked(message: bytes) -> bytes:
    """Return a message as one record of TCP."""
    return struct.pack("!I", LAST | len(message)) + message


def looks_untrusted(data: bytes) -> float:
    """How sure a datagram makes of ONC RPC: a reply to our call."""
    if len(data) < 20 or data[4:8] != b"\0\0\0\1":
        return 0.0
    return 0.85 if int.from_bytes(data[:4], "big") in map(number_of, CALLED) else 0.0


def tcp_looks_untrusted(data: bytes) -> float:
    """How sure a record makes of it."""
    return looks_untrusted(data[4:]) if data[:1] == b"\x80" else 0.0


def reply_untrusted(data: bytes, program: int = PORTMAPPER) -> tuple[int, bytes]:
    """Return how a call of the program was accepted, and what the reply holds; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(4) != number_of(program) or cursor.number(4) != 1:
        raise BadReply("no reply to our call")
    if cursor.number(4) != ACCEPTED:
        raise BadReply("the call was denied")
    cursor.take(4)
    cursor.sized(4)
    cursor.align(4)
    return cursor.number(4), cursor.rest()


def programs_untrusted(body: bytes) -> list[tuple[int, int, int, int]]:
    """Return number, version, carrier and port of each program in a list; raises BadReply."""
    cursor = Cursor(body)
    found = []
    while cursor.number(4):
        found.append((cursor.number(4), cursor.number(4), cursor.number(4), cursor.number(4)))
        if len(found) > MOST_PROGRAMS:
            raise BadReply("a list without end")
    return found


def _listed(body: bytes) -> Told:
    """Return the list for a reader: a line a program and carrier."""
    versions: dict[tuple[int, str, int], list[int]] = {}
    for program, version, carrier, port in programs_untrusted(body):
        versions.setdefault((program, CARRIERS.get(carrier, str(carrier)), port), []).append(version)
    lines: list[Detail] = [
        f"{PROGRAMS.get(program, str(program))} {','.join(map(str, sorted(set(some))))} {carrier}:{port}"
        for (program, carrier, port), some in versions.items()
    ]
    names = sorted({PROGRAMS.get(program, str(program)) for program, _, _ in versions})
    return Told(texts={"onc_rpc.programs": ",".join(names)}, detail={"programs": lines})


def _range(body: bytes) -> Told:
    cursor = Cursor(body)
    low, high = cursor.number(4), cursor.number(4)
    return Told(
        info=f"versions {low}-{high}" if low != high else f"version {low}", detail={"versions": [low, high]}
    )


def _talk(question: bytes, program: int, over: Over) -> Callable[[Peer], Talk]:
    """Return the talk that makes one call."""
    is_list = program == PORTMAPPER

    def talk_untrusted(peer: Peer) -> Talk:
        yield Say(question if over is Over.UDP else marked(question))
        if over is Over.UDP:
            answer = yield Some()
        else:
            answer = (yield from framed(4, 1, 3, most=MOST))[4:]
        status, body = reply_untrusted(answer, program)
        if status != (SUCCESS if is_list else MISMATCH):
            raise BadReply(f"{PROGRAMS[program]} is not there")
        told = _listed(body) if is_list else _range(body)
        yield Known(0.97, f"a reply of {PROGRAMS[program]} to our call")
        yield told

    return talk_untrusted


def _protocol(name: str, program: int, ports: tuple[int, ...], over: Over, rarity: int) -> Protocol:
    is_list = program == PORTMAPPER
    question = call(program, PORTMAPPER_VERSION, DUMP) if is_list else call(program, NO_VERSION)
    return Protocol(
        name=name,
        title=PROGRAMS[program],
        source="RFC 5531; RFC 1833" if is_list else "RFC 5531",
        talk=_talk(question, program, over),
        looks=looks_untrusted if over is Over.UDP else tcp_looks_untrusted,
        over=over,
        ports=ports,
        rarity=rarity,
    )


PROTOCOLS = (
    _protocol("rpcbind", PORTMAPPER, (111, 7938, 32771), Over.TCP, 3),
    _protocol("rpcbind", PORTMAPPER, (111, 7938, 32771), Over.UDP, 3),
    _protocol("nfs", NFS, (2049,), Over.TCP, 5),
    _protocol("nfs", NFS, (2049,), Over.UDP, 5),
    _protocol("mountd", MOUNTD, (20048,), Over.TCP, 9),
    _protocol("mountd", MOUNTD, (20048,), Over.UDP, 9),
    _protocol("glusterd", GLUSTER, (24007, 24008), Over.TCP, 9),
)
