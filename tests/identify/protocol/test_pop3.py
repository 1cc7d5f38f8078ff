"""POP3, by what Dovecot 2.3.19 of Debian 12 says on the loopback, and by examples of RFC 1939 and 2449."""

from tests.identify.script import Line, play

from periplus.identify.model import Protocol
from periplus.identify.protocol.pop3 import PROTOCOL, looks_untrusted

CAPA, STLS, QUIT = b"CAPA\r\n", b"STLS\r\n", b"QUIT\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "Dovecot": [
        ("<", b"+OK Dovecot (Debian) ready.\r\n"),
        (">", CAPA),
        (
            "<",
            (
                b"+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\n"
                b"STLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n"
            ),
        ),
        (">", STLS),
        ("<", b"+OK Begin TLS negotiation now.\r\n"),
        ("tls", b""),
        (">", CAPA),
        ("<", b"+OK\r\nCAPA\r\nTOP\r\nUSER\r\nSASL PLAIN\r\n.\r\n"),
        (">", QUIT),
    ],
    "as in RFC 2449": [
        ("<", b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"),
        (">", CAPA),
        ("<", b"+OK Capability list follows\r\nTOP\r\nUSER\r\nIMPLEMENTATION Shlemazle-Plotz-v302\r\n.\r\n"),
        (">", QUIT),
    ],
    "no capabilities": [("<", b"+OK ready\r\n"), (">", CAPA), ("<", b"-ERR what?\r\n"), (">", QUIT)],
    "busy": [("<", b"-ERR [SYS/TEMP] too many connections\r\n")],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        PROTOCOL,
        [
            ("<", b"+OK Dovecot (Debian) ready.\r\n"),
            (">", STLS),
            ("<", b"+OK Begin TLS negotiation now.\r\n"),
            ("tls", b""),
        ],
    ),
    (PROTOCOL, [("<", b"+OK ready\r\n"), (">", STLS), ("<", b"-ERR what?\r\n")]),
    (PROTOCOL, [("<", b"-ERR [SYS/TEMP] too many connections\r\n")]),
]


def test_dovecot() -> None:
    service = play(PROTOCOL, SCRIPTS["Dovecot"])
    assert (service.protocol, service.confidence) == ("pop3", 0.97)
    assert (service.product, service.os) == ("Dovecot pop3d", "Debian")
    assert service.detail["capabilities_tls"] == ["CAPA", "TOP", "USER", "SASL PLAIN"]


def test_others() -> None:
    assert play(PROTOCOL, SCRIPTS["as in RFC 2449"]).detail["capabilities"] == [
        "TOP", "USER", "IMPLEMENTATION Shlemazle-Plotz-v302",
    ]  # fmt: skip
    assert play(PROTOCOL, SCRIPTS["no capabilities"]).confidence == 0.9
    assert play(PROTOCOL, SCRIPTS["busy"]).confidence == 0.8


def test_what_is_none() -> None:
    assert play(PROTOCOL, [("<", b"* OK ready\r\n")]).protocol is None
    assert play(PROTOCOL, [("<", b"+OK ready\r\n"), (">", CAPA), ("<", b"CAPA\r\n")]).protocol is None
    assert (looks_untrusted(b"+OK"), looks_untrusted(b"-ERR [LOGIN"), looks_untrusted(b"-ERR unknown")) == (
        0.9,
        0.8,
        0,
    )
