"""ONC RPC: what rpcbind of Debian 12 answers in a namespace, and replies by RFC 5531."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.model import Over, Protocol
from periplus.identify.protocol.onc_rpc import (
    DUMP,
    GLUSTER,
    LAST,
    MOUNTD,
    NFS,
    NO_VERSION,
    PORTMAPPER,
    PROTOCOLS,
    call,
    marked,
    number_of,
    programs_untrusted,
    reply_untrusted,
    tcp_looks_untrusted,
)
from periplus.payload.onc_rpc import XID

RPCBIND, RPCBIND_UDP, NFS_TCP, NFS_UDP, MOUNTD_TCP, MOUNTD_UDP, GLUSTERD = PROTOCOLS
PROTOCOL = RPCBIND


def reply(status: int, body: bytes, xid: int = XID) -> bytes:
    return struct.pack("!6I", xid, 1, 0, 0, 0, status) + body


def mapped(*programs: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("!5I", 1, *each) for each in programs) + bytes(4)


def versions(protocol: Protocol, program: int, low: int, high: int) -> tuple[Protocol, dict[str, list[Line]]]:
    number = number_of(program)
    mismatch, unavailable = reply(2, struct.pack("!II", low, high), number), reply(1, b"", number)
    wrap = marked if protocol.over is Over.TCP else bytes
    question = (">", wrap(call(program, NO_VERSION)))
    return protocol, {
        "versions": [question, ("<", wrap(mismatch))],
        "not there": [question, ("<", wrap(unavailable))],
    }


SOLARIS = mapped((100000, 4, 6, 111), (100232, 10, 17, 32772), (100083, 1, 6, 32775), (99, 1, 99, 1))
SCRIPTS: dict[str, list[Line]] = {
    "rpcbind of Debian 12": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "8000009450657269000000010000000000000000000000000000000000000001000186a00000000400000006"
                "0000006f00000001000186a000000003000000060000006f00000001000186a000000002000000060000006f"
                "00000001000186a000000004000000110000006f00000001000186a000000003000000110000006f00000001"
                "000186a000000002000000110000006f00000000"
            ),
        ),
    ],
    "a host of old": [(">", marked(call(PORTMAPPER, 2, DUMP))), ("<", marked(reply(0, SOLARIS)))],
    "a denied call": [(">", None), ("<", marked(struct.pack("!3I", XID, 1, 1) + bytes(16)))],
    "another call's reply": [(">", None), ("<", marked(reply(0, SOLARIS, 1)))],
}
MORE_SCRIPTS = [
    (
        RPCBIND_UDP,
        {
            "rpcbind of Debian 12": [
                (">", None),
                (
                    "<",
                    bytes.fromhex(
                        "50657269000000010000000000000000000000000000000000000001000186a000000004000000060000006f"
                        "00000001000186a000000003000000060000006f00000001000186a000000002000000060000006f00000001"
                        "000186a000000004000000110000006f00000001000186a000000003000000110000006f00000001000186a0"
                        "00000002000000110000006f00000000"
                    ),
                ),
            ]
        },
    ),
    versions(NFS_TCP, NFS, 3, 4),
    versions(NFS_UDP, NFS, 2, 3),
    versions(MOUNTD_TCP, MOUNTD, 1, 3),
    versions(MOUNTD_UDP, MOUNTD, 1, 3),
    versions(GLUSTERD, GLUSTER, 2, 2),
]


def test_rpcbind() -> None:
    for protocol, script in ((RPCBIND, SCRIPTS), MORE_SCRIPTS[0]):
        service = play(protocol, script["rpcbind of Debian 12"])
        assert service.protocol == "rpcbind"
        assert service.detail["programs"] == ["portmapper 2,3,4 tcp:111", "portmapper 2,3,4 udp:111"]


def test_programs_have_names() -> None:
    service = play(RPCBIND, SCRIPTS["a host of old"])
    assert service.detail["programs"] == [
        "portmapper 4 tcp:111", "sadmind 10 udp:32772", "ttdbserverd 1 tcp:32775", "99 1 99:1",
    ]  # fmt: skip


def test_versions() -> None:
    for protocol, scripts in MORE_SCRIPTS[1:]:
        service = play(protocol, scripts["versions"])
        assert service.protocol == protocol.name
        assert service.info is not None
        assert play(protocol, scripts["not there"]).protocol is None


def test_what_is_no_portmapper_is_not_known() -> None:
    for name in ("a denied call", "another call's reply"):
        assert play(RPCBIND, SCRIPTS[name]).protocol is None
    assert LAST == 1 << 31


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, programs_untrusted, reply_untrusted)
    survive(reply(0, data), reply_untrusted)
    assert 0 <= tcp_looks_untrusted(data) <= 1
