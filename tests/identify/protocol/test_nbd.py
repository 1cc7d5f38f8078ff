"""NBD: what nbdkit of Debian 12 answers on the loopback, and greetings by proto.md."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.nbd import MOST_EXPORTS, PROTOCOL, export_untrusted

REPLY = struct.pack("!QIII", 0x3E889045565A9, 3, 2, 8) + b"\0\0\0\4disk"
SCRIPTS: dict[str, list[Line]] = {
    "nbdkit of Debian 12": [
        ("<", b"NBDMAGICIHAVEOPT\x00\x03"),
        (">", bytes.fromhex("0000000349484156454f50540000000300000000")),
        (
            "<",
            bytes.fromhex(
                "0003e889045565a9000000030000000200000004000000000003e889045565a9000000030000000100000000"
            ),
        ),
        (">", b"IHAVEOPT\x00\x00\x00\x02\x00\x00\x00\x00"),
        ("<", bytes.fromhex("0003e889045565a9000000020000000100000000")),
    ],
    "oldstyle": [("<", b"NBDMAGIC\0\0\x42\x02\x81\x86\x12\x53" + (1 << 20).to_bytes(8, "big") + bytes(128))],
    "newstyle, not fixed": [("<", b"NBDMAGICIHAVEOPT\0\0")],
    "exports without end": [("<", b"NBDMAGICIHAVEOPT\0\1"), (">", None), ("<", REPLY * 50), (">", None)],
    "no NBD": [("<", b"NBDMAGICwhatever")],
}


def test_nbdkit() -> None:
    service = play(PROTOCOL, SCRIPTS["nbdkit of Debian 12"])
    assert (service.protocol, service.detail["handshake"], service.detail["exports"]) == (
        "nbd",
        "newstyle",
        [""],
    )


def test_older_greetings() -> None:
    assert play(PROTOCOL, SCRIPTS["oldstyle"]).detail == {"handshake": "oldstyle", "size": 1 << 20}
    assert play(PROTOCOL, SCRIPTS["newstyle, not fixed"]).detail == {"handshake": "newstyle", "fixed": False}


def test_exports_have_a_bound() -> None:
    assert play(PROTOCOL, SCRIPTS["exports without end"]).detail["exports"] == ["disk"] * MOST_EXPORTS


def test_what_is_no_nbd_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no NBD"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, export_untrusted)
    survive(REPLY[:16] + data, export_untrusted)
