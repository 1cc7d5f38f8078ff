"""Server hellos: those of a real server in memory, put together by hand, cut, and of any bytes."""

import ssl
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.certificates import server_context
from tests.identify.tls.test_client import connected

from periplus.errors import BadReply
from periplus.identify.tls.client import TlsClient
from periplus.identify.tls.hello import (
    GROUPS,
    RETRY,
    Alert,
    ServerHello,
    _extensions_untrusted,
    _hello_untrusted,
    alert_untrusted,
    dh_bits_untrusted,
    messages_untrusted,
    server_hello_untrusted,
    split_untrusted,
)


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def records(stream: bytes, size: int = 1 << 14) -> bytes:
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    return b"".join(b"\x16\x03\x03" + struct.pack("!H", len(each)) + each for each in pieces)


def hello(random: bytes = bytes(32), extensions: bytes = b"", cipher: int = 0x1301) -> bytes:
    block = struct.pack("!H", len(extensions)) + extensions if extensions else b""
    return message(2, struct.pack("!H", 0x0303) + random + b"\0" + struct.pack("!HB", cipher, 0) + block)


VERSION_13 = bytes.fromhex("002b00020304")
SHARE = bytes.fromhex("00330004001d0000")
CHOSEN = bytes.fromhex("0010000b000908") + b"http/1.1"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_real_server(tmp_path: Path, version: ssl.TLSVersion) -> None:
    context = server_context(tmp_path)
    context.maximum_version = version
    client = TlsClient()
    connected(context, client)
    assert client.handshake is not None
    found = server_hello_untrusted(client.handshake.said)
    assert found.version == version
    assert found.group in GROUPS


def test_a_hello_put_together_by_hand() -> None:
    found = server_hello_untrusted(records(hello(extensions=VERSION_13 + SHARE + CHOSEN)))
    assert found == ServerHello(0x0304, 0x1301, (43, 51, 16), "http/1.1", 0x001D)


@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_message_may_lie_in_many_records(size: int) -> None:
    assert server_hello_untrusted(records(hello(extensions=VERSION_13), size)).version == 0x0304


def test_of_a_retry_the_second_hello_counts() -> None:
    first, second = hello(RETRY, VERSION_13, 0x1302), hello(extensions=VERSION_13, cipher=0x1303)
    assert server_hello_untrusted(records(first + second)).cipher == 0x1303


def test_a_group_of_tls_1_2_is_in_the_key_exchange() -> None:
    exchange = message(12, bytes.fromhex("03001704") + bytes(4))
    assert server_hello_untrusted(records(hello() + exchange)).group == 0x0017


def test_what_is_no_hello() -> None:
    for data in (b"", b"HTTP/1.1 400 Bad Request\r\n", records(message(2, b"\3\3")), records(hello())[:-4]):
        with pytest.raises(BadReply):
            server_hello_untrusted(data)


def test_alerts() -> None:
    assert alert_untrusted(bytes.fromhex("15030300020228")) == Alert(2, 40)
    assert alert_untrusted(b"HTTP/1.") is None


def test_how_long_a_prime_is() -> None:
    exchange = message(12, b"\0\4\0\x80\0\1" + b"\0\1\2")
    assert dh_bits_untrusted(records(hello() + exchange)) == 24
    assert dh_bits_untrusted(records(hello())) is None
    assert dh_bits_untrusted(records(message(12, b""))) is None


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(data: bytes, framed: bool) -> None:
    stream = records(message(2, data)) if framed else data
    assert all(isinstance(body, bytes) for _, body in messages_untrusted(stream))
    assert sum(4 + len(body) for _, body in split_untrusted(data)) <= len(data)
    alert_untrusted(data)
    dh_bits_untrusted(records(message(12, data)))
    for parse in (server_hello_untrusted, _hello_untrusted, lambda each: list(_extensions_untrusted(each))):
        with suppress(BadReply):
            parse(stream)


@given(st.integers(0, 80), st.integers(0, 255))
def test_a_damaged_hello(at: int, byte: int) -> None:
    data = bytearray(records(hello(extensions=VERSION_13 + SHARE + CHOSEN)))
    data[at % len(data)] = byte
    with suppress(BadReply):
        server_hello_untrusted(bytes(data))
