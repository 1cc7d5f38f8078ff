"""Hellos, read again by scapy, and taken by a real server in memory."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from scapy.layers.tls.handshake import TLSClientHello
from scapy.layers.tls.record import TLS
from tests.identify.certificates import server_context
from tests.identify.tls.test_client import Server

from periplus.identify.tls.client_hello import (
    alpn,
    bare,
    client_hello,
    draws,
    extension,
    groups,
    key_share,
    psk_modes,
    server_name,
    signature_schemes,
    supported_versions,
)
from periplus.identify.tls.hello import server_hello_untrusted

record_of: Callable[[bytes], Any] = TLS  # scapy has no types
EXTENSIONS = (
    server_name("server.test"),
    bare(23),
    groups([0x0A0A, 0x001D, 0x0017]),
    signature_schemes([0x0403, 0x0804]),
    alpn(["h2", "http/1.1"]),
    supported_versions([0x0A0A, 0x0304, 0x0303]),
    psk_modes([1]),
    key_share([(0x0A0A, b"\0"), (0x001D, bytes(range(32)))]),
)
HELLO = client_hello(0x0303, [0x1301, 0xC02B], EXTENSIONS, draws(b"n"), record=0x0301)


def answer_of(context: ssl.SSLContext, hello: bytes) -> bytes:
    """What a server in memory says to a hello."""
    server = Server(context)
    with suppress(ssl.SSLError):
        return server.turn(hello)
    return server.out.read()


def test_scapy_reads_what_was_meant() -> None:
    record = record_of(HELLO)
    assert (record.type, record.version, record.len) == (22, 0x0301, len(HELLO) - 5)
    [hello] = record.msg
    assert isinstance(hello, TLSClientHello)
    assert (hello.version, hello.ciphers, hello.comp, len(hello.sid)) == (0x0303, [0x1301, 0xC02B], [0], 32)
    by_type = {each.type: each for each in hello.ext}
    assert list(by_type) == [0, 23, 10, 13, 16, 43, 45, 51]
    assert [each.servername for each in by_type[0].servernames] == [b"server.test"]
    assert by_type[10].groups == [0x0A0A, 0x001D, 0x0017]
    assert by_type[13].sig_algs == [0x0403, 0x0804]
    assert [each.protocol for each in by_type[16].protocols] == [b"h2", b"http/1.1"]
    assert by_type[43].versions == [0x0A0A, 0x0304, 0x0303]
    assert by_type[45].kxmodes == [1]
    assert [(each.group, each.key_exchange) for each in by_type[51].client_shares] == [
        (0x0A0A, b"\0"),
        (0x001D, bytes(range(32))),
    ]


def test_a_hello_without_extensions_has_no_room_for_them() -> None:
    [hello] = record_of(client_hello(0x0300, [0x000A], (), draws(b"n"))).msg
    assert hello.version == 0x0300
    assert not hello.ext


def test_a_server_takes_it(tmp_path: Path) -> None:
    found = server_hello_untrusted(answer_of(server_context(tmp_path), HELLO))
    assert (found.version, found.cipher, found.group) == (0x0304, 0x1301, 0x001D)


def test_draws_follow_from_the_nonce_and_differ() -> None:
    first, again, other = draws(b"a"), draws(b"a"), draws(b"b")
    one, two = first(32), first(32)
    assert len({one, two, other(32)}) == 3
    assert (again(32), again(32)) == (one, two)


def test_names_of_other_alphabets() -> None:
    assert b"xn--bcher-kva.test" in server_name("bücher.test")
    assert extension(7, b"x") == b"\0\7\0\1x"
