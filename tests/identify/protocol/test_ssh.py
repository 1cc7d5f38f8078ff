"""SSH, by what OpenSSH and others say on the loopback.

`ssh_openssh.json` holds what sshd of Debian 12 (9.2p1) said in each connection of a conversation on the loopback,
up to its reply to a key exchange; it was started with few algorithms, to be short. As our side is always the same
(the nonce of `PEER`), its signatures are over what we say here again.
"""

import hashlib
import json
import struct
from base64 import b64decode
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.ssh import LISTS, PROTOCOL, host_key_untrusted, kexinit_untrusted
from periplus.identify.ssh_keys import string
from periplus.identify.talk import Detail

OFFERED = {name: f"{name}-one,{name}-two" for name in LISTS}
HELLO = b"SSH-2.0-Periplus\r\n"
BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
CAPTURED = {
    name: [b64decode(each) for each in connections]
    for name, connections in json.loads(Path(__file__).with_name("ssh_openssh.json").read_text()).items()
}


def packet(payload: bytes) -> bytes:
    return struct.pack("!IB", len(payload) + 9, 8) + payload + bytes(8)


def kexinit(**other: str) -> bytes:
    lists = b"".join(string(each.encode()) for each in {**OFFERED, **other}.values())
    return packet(b"\x14" + bytes(16) + lists + bytes(4 + 4 + 1 + 4))


def captured(connections: list[bytes]) -> list[Line]:
    """A script: in each connection our banner, our lists, our share and our farewell."""
    script: list[Line] = []
    for number, data in enumerate(connections):
        script += [("afresh", b"")] if number else []
        script += [("<", data), (">", HELLO), (">", None), (">", None), (">", None)]
    return script


SCRIPTS: dict[str, list[Line]] = {
    "no exchange that we know": [("<", BANNER), (">", HELLO), ("<", kexinit())],
    "lines before the banner": [("<", b"Welcome\r\nto us\r\nSSH-2.0-dropbear_2022.83\r\n"), (">", HELLO)],
    "SSH 1 alone": [("<", b"SSH-1.5-OpenSSH_1.2.3\n")],
    **{name: captured(connections) for name, connections in CAPTURED.items()},
}


def host_keys(script: list[Line]) -> list[dict[str, Detail]]:
    keys = play(PROTOCOL, script).detail["host_keys"]
    assert isinstance(keys, list)
    return [each for each in keys if isinstance(each, dict)]


def test_openssh() -> None:
    service = play(PROTOCOL, SCRIPTS["no exchange that we know"])
    assert (service.protocol, service.product, service.version) == ("ssh", "OpenSSH", "9.2p1")
    assert service.os == "Debian 12"
    assert service.cpe[0] == "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*"
    assert service.detail["kex"] == ["kex-one", "kex-two"]
    parts = ("kex", "cipher_to_client", "mac_to_client", "compression_to_client")
    expected = hashlib.md5(";".join(OFFERED[each] for each in parts).encode()).hexdigest()
    assert service.detail["hassh_server"] == expected
    assert "host_keys" not in service.detail


def test_a_key_of_every_kind_is_shown_and_verified() -> None:
    keys = host_keys(SCRIPTS["every kind of key"])
    assert [(key["type"], key["bits"], key["sha256"], key["verified"]) for key in keys] == [
        # as ssh-keygen -l says of the keys
        ("ssh-ed25519", 256, "SHA256:NHbiobKiX8hMu84uDaCDcTvKw2d7Jysy7mfX6O3INrE", True),
        ("ecdsa-sha2-nistp256", 256, "SHA256:CcgFHvmPy9o4zb6/K0oCIerm5PUSMUtJOu9ifhFQtHc", True),
        ("ssh-rsa", 2048, "SHA256:ueF4QyCK2anPYAf8tcuXuP92MEtptpgAs/AoV3VuGZg", True),
        ("ecdsa-sha2-nistp384", 384, "SHA256:iT2Voo3qk9PWHxbV3uuoEG9Ij1PSoNUd4CTcOQSTpvE", True),
        ("ecdsa-sha2-nistp521", 521, "SHA256:MChgRM4GDy7RP4m/XOFlPDW5Mima3KGRoFYcXRumFH0", True),
        ("ssh-dss", 1024, "SHA256:4AwYRTlZYVtFZqnTJHGoIVTVaHjPfXg8Y00mq+OUUxU", True),
    ]


@pytest.mark.parametrize("name", ["P-256", "group 14", "group 14 with SHA-1"])
def test_other_exchanges_bring_a_verified_key(name: str) -> None:
    [key] = host_keys(SCRIPTS[name])
    assert key["verified"] is True


def test_a_signature_over_another_conversation_does_not_fit() -> None:
    data = CAPTURED["P-256"][0].replace(b"SSH-2.0-OpenSSH", b"SSH-2.0-OpenSSX")
    [key] = host_keys(captured([data]))
    assert key["verified"] is False


def test_lines_may_come_before_the_banner() -> None:
    assert play(PROTOCOL, SCRIPTS["lines before the banner"]).detail["banner"] == "SSH-2.0-dropbear_2022.83"


def test_ssh_1_lists_nothing() -> None:
    service = play(PROTOCOL, SCRIPTS["SSH 1 alone"])
    assert (service.protocol, service.detail["protocol"]) == ("ssh", "1.5")


def test_a_server_that_will_not_leaves_the_rest_known() -> None:
    lists = kexinit(kex="curve25519-sha256", host_key="ssh-ed25519")
    service = play(
        PROTOCOL,
        [("<", BANNER), (">", HELLO), ("<", lists), (">", None), (">", None), ("<", packet(b"\x01"))],
    )
    assert service.detail["host_key"] == ["ssh-ed25519"]
    assert service.problems == ("ssh: the server disconnects",)


def test_a_kind_of_key_that_a_server_only_offers_leaves_the_others_known() -> None:
    """As dropbear -R of Debian 12, which closes when it cannot make the key."""
    lists = kexinit(kex="curve25519-sha256", host_key="ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256")
    refused: list[Line] = [("<", BANNER), (">", HELLO), ("<", lists), (">", None), (">", None)]
    ecdsa = captured(CAPTURED["every kind of key"][1:2])
    afresh: Line = ("afresh", b"")
    script = [*refused, ("end", b"closed"), afresh, *ecdsa, afresh, *refused, ("end", b"silent")]
    service = play(PROTOCOL, script)
    held = service.detail["host_keys"]
    assert isinstance(held, list)
    assert [each["type"] for each in held if isinstance(each, dict)] == ["ecdsa-sha2-nistp256"]
    assert service.problems == ("ssh: the peer silent",)


def test_what_is_no_ssh_is_not_known() -> None:
    assert play(PROTOCOL, [("<", b"220 hello\r\n" * 30)]).protocol is None


@given(st.binary(max_size=300))
def test_lists_of_any_bytes(data: bytes) -> None:
    for payload in (data, b"\x14" + data):
        with suppress(BadReply):
            kexinit_untrusted(payload)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_host_key(blob: bytes, signature: bytes) -> None:
    with suppress(BadReply):
        host_key_untrusted(string(b"ssh-rsa") + blob, signature, b"")
    with suppress(BadReply):
        host_key_untrusted(blob, signature, b"")
