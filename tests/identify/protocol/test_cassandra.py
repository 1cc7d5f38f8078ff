"""Cassandra: frames by CQL's binary protocol, with the options that Cassandra 4.1 and ScyllaDB 5.4 give."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.cassandra import PROTOCOL, QUESTION, STREAM, options_untrusted


def text(value: str) -> bytes:
    return struct.pack("!H", len(value)) + value.encode()


def options(**them: str) -> bytes:
    each = (text(name) + struct.pack("!H", 1) + text(value) for name, value in them.items())
    return struct.pack("!H", len(them)) + b"".join(each)


def frame(version: int, code: int, body: bytes, stream: int = STREAM) -> bytes:
    return struct.pack("!BBHBI", 0x80 | version, 0, stream, code, len(body)) + body


TOO_NEW = "Invalid or unsupported protocol version (4); highest supported is 2"
SCRIPTS: dict[str, list[Line]] = {
    "Cassandra 4.1": [(">", QUESTION), ("<", frame(4, 6, options(CQL_VERSION="3.4.6", COMPRESSION="lz4")))],
    "ScyllaDB": [
        (">", QUESTION),
        ("<", frame(4, 6, options(CQL_VERSION="3.3.1", SCYLLA_SHARD="0", SCYLLA_NR_SHARDS="2"))),
    ],
    "an old node": [(">", QUESTION), ("<", frame(2, 0, struct.pack("!I", 10) + text(TOO_NEW)))],
    "no Cassandra": [(">", QUESTION), ("<", frame(4, 6, options(CQL_VERSION="3.4.6"), stream=1))],
}


def test_options() -> None:
    service = play(PROTOCOL, SCRIPTS["Cassandra 4.1"])
    assert (service.protocol, service.product, service.info) == ("cassandra", "Apache Cassandra", "4.1")
    assert service.detail["compression"] == ["lz4"]
    assert play(PROTOCOL, SCRIPTS["ScyllaDB"]).product == "ScyllaDB"


def test_an_old_node_says_so() -> None:
    service = play(PROTOCOL, SCRIPTS["an old node"])
    assert (service.protocol, service.info) == ("cassandra", TOO_NEW)


def test_what_is_no_cassandra_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Cassandra"]).protocol is None
    assert play(PROTOCOL, [(">", QUESTION), ("<", b"HTTP/1.1 400 Bad Request")]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, options_untrusted)
    survive(b"\0\2" + data, options_untrusted)
