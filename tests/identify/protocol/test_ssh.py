"""SSH, by what OpenSSH of Debian 12 says on the loopback."""

import hashlib
import struct
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import play

from periplus.errors import BadReply
from periplus.identify.protocol.ssh import LISTS, PROTOCOL, kexinit_untrusted

OFFERED = {name: f"{name}-one,{name}-two" for name in LISTS}
HELLO = b"SSH-2.0-Periplus\r\n"


def kexinit() -> bytes:
    lists = b"".join(struct.pack("!I", len(each)) + each.encode() for each in OFFERED.values())
    payload = b"\x14" + bytes(16) + lists + bytes(4 + 4 + 1 + 4)
    padding = 8
    return struct.pack("!IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


SCRIPTS = {
    "OpenSSH of Debian 12": [
        ("<", b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"),
        (">", HELLO),
        ("<", kexinit()),
    ],
    "lines before the banner": [("<", b"Welcome\r\nto us\r\nSSH-2.0-dropbear_2022.83\r\n"), (">", HELLO)],
    "SSH 1 alone": [("<", b"SSH-1.5-OpenSSH_1.2.3\n")],
}


def test_openssh() -> None:
    service = play(PROTOCOL, SCRIPTS["OpenSSH of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("ssh", "OpenSSH", "9.2p1")
    assert service.os == "Debian 12"
    assert service.cpe[0] == "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*"
    assert service.detail["kex"] == ["kex-one", "kex-two"]
    parts = ("kex", "cipher_to_client", "mac_to_client", "compression_to_client")
    expected = hashlib.md5(";".join(OFFERED[each] for each in parts).encode()).hexdigest()
    assert service.detail["hassh_server"] == expected


def test_lines_may_come_before_the_banner() -> None:
    assert play(PROTOCOL, SCRIPTS["lines before the banner"]).detail["banner"] == "SSH-2.0-dropbear_2022.83"


def test_ssh_1_lists_nothing() -> None:
    service = play(PROTOCOL, SCRIPTS["SSH 1 alone"])
    assert (service.protocol, service.detail["protocol"]) == ("ssh", "1.5")


def test_what_is_no_ssh_is_not_known() -> None:
    assert play(PROTOCOL, [("<", b"220 hello\r\n" * 30)]).protocol is None


@given(st.binary(max_size=300))
def test_lists_of_any_bytes(data: bytes) -> None:
    for payload in (data, b"\x14" + data):
        with suppress(BadReply):
            kexinit_untrusted(payload)
