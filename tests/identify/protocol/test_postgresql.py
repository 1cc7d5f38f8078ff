"""PostgreSQL: what postgresql of Debian 12 answers on the loopback, with TLS; errors by its documentation."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.model import Peer, Protocol
from periplus.identify.protocol.postgresql import PROTOCOL, STARTUP, TLS_REQUEST, error_untrusted


def error(*fields: bytes) -> bytes:
    body = b"".join(each + b"\0" for each in fields) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


OLD = error(
    b"SFATAL",
    b"C0A000",
    b"Munsupported frontend protocol 255.255: server supports 1.0 to 3.0",
    b"Fpostmaster.c",
    b"L1",
    b"RProcessStartupPacket",
)
SCRIPTS: dict[str, list[Line]] = {
    "postgresql of Debian 12": [
        (">", b"\x00\x00\x00\t\x00\xff\x00\xff\x00"),
        (
            "<",
            (
                b"E\x00\x00\x00\x87SFATAL\x00VFATAL\x00C0A000\x00Munsupported frontend protocol 255.255: ser"
                b"ver supports 3.0 to 3.0\x00Fpostmaster.c\x00L2222\x00RProcessStartupPacket\x00\x00"
            ),
        ),
        ("afresh", b""),
        (">", b"\x00\x00\x00\x08\x04\xd2\x16/"),
        ("<", b"S"),
        ("tls", b""),
    ],
    "without TLS": [(">", STARTUP), ("<", OLD), ("afresh", b""), (">", TLS_REQUEST), ("<", b"N")],
    "no PostgreSQL": [(">", STARTUP), ("<", b"ERROR: what?\r\n")],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (PROTOCOL, [(">", TLS_REQUEST), ("<", b"S"), ("tls", b"")]),
    (PROTOCOL, [(">", TLS_REQUEST), ("<", b"N")]),
]


def test_postgresql() -> None:
    service = play(PROTOCOL, SCRIPTS["postgresql of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("postgresql", "PostgreSQL", None)
    assert service.info == "14 to 16"
    assert service.detail["routine"] == "ProcessStartupPacket"
    assert service.detail["tls"] is True


def test_an_old_one_without_tls() -> None:
    service = play(PROTOCOL, SCRIPTS["without TLS"])
    assert (service.product, service.info, service.detail["tls"]) == ("PostgreSQL", "13 or earlier", False)


def test_inside_tls_it_is_not_asked_for_again() -> None:
    inside = Peer("198.18.0.1", 5432, tls=True)
    assert play(PROTOCOL, [(">", STARTUP), ("<", OLD)], inside).product == "PostgreSQL"


def test_what_is_no_postgresql_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no PostgreSQL"]).protocol is None


@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    survive(data, error_untrusted)
    survive(b"SFATAL\0C0A000\0Mx\0" + data, error_untrusted)
