"""Redis: what redis-server of Debian 12 answers, with and without a password."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import play

from periplus.identify.protocol.redis import PROTOCOL, info_untrusted

INFO = b"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6.1.0-18-amd64 x86_64\r\n"
BULK = b"$%d\r\n%s\r\n" % (len(INFO), INFO)
SCRIPTS = {
    "redis-server": [(">", b"PING\r\n"), ("<", b"+PONG\r\n"), (">", b"INFO server\r\n"), ("<", BULK)],
    "with a password": [(">", b"PING\r\n"), ("<", b"-NOAUTH Authentication required.\r\n")],
    "no Redis": [(">", b"PING\r\n"), ("<", b"HTTP/1.1 400 Bad Request\r\n")],
}


def test_redis() -> None:
    service = play(PROTOCOL, SCRIPTS["redis-server"])
    assert (service.protocol, service.product, service.version) == ("redis", "Redis", "7.0.15")
    assert service.os == "Linux 6.1.0-18-amd64 x86_64"


def test_a_password_is_wanted() -> None:
    service = play(PROTOCOL, SCRIPTS["with a password"])
    assert (service.protocol, service.info) == ("redis", "password required")


def test_what_is_no_redis_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Redis"]).protocol is None


@given(st.binary(max_size=300))
def test_any_info(data: bytes) -> None:
    assert all(isinstance(each, str) for each in info_untrusted(data).values())
