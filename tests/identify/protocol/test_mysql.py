"""MySQL: what mariadb-server of Debian 12 says on the loopback, and packets by MySQL's documentation."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play, survive

from periplus.identify.model import Protocol
from periplus.identify.protocol.mysql import (
    PROTOCOLS,
    TLS_REQUEST,
    capabilities_untrusted,
    handshake_untrusted,
    x_looks_untrusted,
    x_talk_untrusted,
)

PROTOCOL, X = PROTOCOLS
GREETING = b"J\0\0\0\x0a8.0.36-0ubuntu0.22.04.1\0\x08\0\0\0" + b"saltsalt" + b"\0\xff\xff\xff\2\0\xff\xdf\x15"
GREETING += bytes(10) + b"saltsaltsalt\0caching_sha2_password\0"
GREETING = bytes([len(GREETING) - 4]) + GREETING[1:]
FULL = b"\xffj\x04Host '198.18.0.1' is not allowed to connect to this MariaDB server"
OLD = b"\x093.21.33\0\1\0\0\0salt1234\0"


def packet(body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + b"\0" + body


SCRIPTS: dict[str, list[Line]] = {
    "mariadb-server of Debian 12": [
        (
            "<",
            bytes.fromhex(
                "640000000a352e352e352d31302e31312e31392d4d6172696144422d302b646562313275310005000000254e"
                "3b7973542c7900feff080200ff81150000000000001d0000004177547b33276a612a4b783c006d7973716c5f"
                "6e61746976655f70617373776f726400"
            ),
        ),
        (">", None),
        ("tls", b""),
    ],
    "MySQL 8 by its documentation": [("<", GREETING), (">", b"\x20\0\0\1" + TLS_REQUEST), ("tls", b"")],
    "a client that may not connect": [("<", packet(FULL))],
    "protocol 9": [("<", packet(OLD))],
}
NAMES = (b"tls", b"authentication.mechanisms", b"node_type")
VALUE = b"\x08\1\x12\x0b\x08\x08\x4a\x07\x0a\x05mysql"
CAPABILITIES = b"".join(
    b"\x0a" + bytes([len(name) + len(VALUE) + 4, 0x0A, len(name)]) + name + bytes([0x12, len(VALUE)]) + VALUE
    for name in NAMES
)
FRAME = (len(CAPABILITIES) + 1).to_bytes(4, "little") + b"\2" + CAPABILITIES
HELLO = b"\5\0\0\0\x0b\x08\5\x1a\0"
X_SCRIPTS: dict[str, list[Line]] = {
    "capabilities by mysqlx_connection.proto": [(">", b"\1\0\0\0\1"), ("<", HELLO + FRAME)],
    "without a notice": [(">", b"\1\0\0\0\1"), ("<", FRAME)],
    "a notice alone": [(">", b"\1\0\0\0\1"), ("<", HELLO), ("end", b"closed")],
}
MORE_SCRIPTS = [(X, X_SCRIPTS)]
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (PROTOCOL, [("<", GREETING), (">", b"\x20\0\0\1" + TLS_REQUEST), ("tls", b"")]),
    (PROTOCOL, [("<", packet(FULL))]),
    (PROTOCOL, [("<", packet(OLD))]),
]


def test_mariadb() -> None:
    service = play(PROTOCOL, SCRIPTS["mariadb-server of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("mysql", "MariaDB", "10.11.19")
    assert service.os == "Debian 12"
    assert service.detail["auth_plugin"] == "mysql_native_password"


def test_mysql_of_ubuntu() -> None:
    service = play(PROTOCOL, SCRIPTS["MySQL 8 by its documentation"])
    assert (service.product, service.version, service.os) == ("MySQL", "8.0.36", "Ubuntu 22.04")
    assert service.detail["auth_plugin"] == "caching_sha2_password"


def test_a_refusal_names_the_product() -> None:
    service = play(PROTOCOL, SCRIPTS["a client that may not connect"])
    assert (service.product, service.detail["code"]) == ("MariaDB", 1130)


def test_protocol_9() -> None:
    assert play(PROTOCOL, SCRIPTS["protocol 9"]).detail["version"] == "3.21.33"


def test_x_protocol() -> None:
    for name in ("capabilities by mysqlx_connection.proto", "without a notice"):
        service = play(X, X_SCRIPTS[name])
        assert (service.protocol, service.product) == ("mysqlx", "MySQL")
        assert service.detail["capabilities"] == [each.decode() for each in NAMES]
    assert play(X, X_SCRIPTS["a notice alone"]).protocol is None


def test_what_is_no_mysql_is_not_known() -> None:
    for greeting in (b"220 ftp.example ESMTP\r\n", packet(b"\xff\x01\0strange"), packet(b"\x0bxxx\0")):
        assert play(PROTOCOL, [("<", greeting)]).protocol is None


@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    survive(data, handshake_untrusted, capabilities_untrusted)
    survive(b"\x0a8.0\0" + data, handshake_untrusted)
    survive(b"\2" + data, capabilities_untrusted)
    assert 0 <= x_looks_untrusted(data) <= 1


@given(st.binary(max_size=80))
def test_any_answers(data: bytes) -> None:
    exhaust(x_talk_untrusted(PEER), data)
