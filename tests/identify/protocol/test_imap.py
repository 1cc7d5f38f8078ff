"""IMAP, by what Dovecot 2.3.19 of Debian 12 says on the loopback, and by examples of RFC 9051 and 2971."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.model import Protocol
from periplus.identify.protocol.imap import PROTOCOL, id_untrusted, looks_untrusted

CAPABILITY, LOGOUT = b"a1 CAPABILITY\r\n", b"a5 LOGOUT\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "Dovecot": [
        ("<", b"* OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r\n"),
        (">", CAPABILITY),
        ("<", b"* CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN\r\na1 OK Pre-login capabilities listed.\r\n"),
        (">", b"a2 ID NIL\r\n"),
        ("<", b'* ID ("name" "Dovecot")\r\na2 OK ID completed.\r\n'),
        (">", b"a3 STARTTLS\r\n"),
        ("<", b"a3 OK Begin TLS negotiation now.\r\n"),
        ("tls", b""),
        (">", b"a4 CAPABILITY\r\n"),
        ("<", b"* CAPABILITY IMAP4rev1 ID AUTH=PLAIN\r\na4 OK Pre-login capabilities listed.\r\n"),
        (">", LOGOUT),
    ],
    "as in RFC 9051": [
        ("<", b"* PREAUTH IMAP4rev2 server logged in as Smith\r\n"),
        (">", CAPABILITY),
        ("<", b"* CAPABILITY IMAP4rev2 AUTH=GSSAPI LOGINDISABLED\r\na1 OK CAPABILITY completed\r\n"),
        (">", LOGOUT),
    ],
    "busy": [("<", b"* BYE Autologout; idle for too long\r\n")],
    "no TLS after all": [
        ("<", b"* OK ready\r\n"),
        (">", CAPABILITY),
        ("<", b"* CAPABILITY IMAP4 STARTTLS\r\na1 OK\r\n"),
        (">", b"a3 STARTTLS\r\n"),
        ("<", b"a3 BAD no\r\n"),
        (">", LOGOUT),
    ],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        PROTOCOL,
        [
            ("<", b"* OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.\r\n"),
            (">", b"a1 STARTTLS\r\n"),
            ("<", b"a1 OK Begin TLS negotiation now.\r\n"),
            ("tls", b""),
        ],
    ),
    (PROTOCOL, [("<", b"* OK ready\r\n"), (">", b"a1 STARTTLS\r\n"), ("<", b"a1 BAD no\r\n")]),
    (PROTOCOL, [("<", b"* BYE too many connections\r\n")]),
]


def test_dovecot() -> None:
    service = play(PROTOCOL, SCRIPTS["Dovecot"])
    assert (service.protocol, service.confidence) == ("imap", 0.97)
    assert (service.product, service.os) == ("Dovecot imapd", "Debian")
    assert service.detail["id"] == {"name": "Dovecot"}
    assert service.detail["capabilities_tls"] == ["IMAP4REV1", "ID", "AUTH=PLAIN"]


def test_others() -> None:
    service = play(PROTOCOL, SCRIPTS["as in RFC 9051"])
    assert service.detail["capabilities"] == ["IMAP4REV2", "AUTH=GSSAPI", "LOGINDISABLED"]
    assert play(PROTOCOL, SCRIPTS["busy"]).confidence == 0.8
    assert "capabilities_tls" not in play(PROTOCOL, SCRIPTS["no TLS after all"]).detail


def test_an_id_as_in_rfc_2971() -> None:
    said = id_untrusted(
        '* ID ("name" "Cyrus" "version" "1.5" "os" NIL "OS-version" "5.5" "support-url" "mailto:\\"x\\"")'
    )
    assert said == {"name": "Cyrus", "version": "1.5", "os-version": "5.5", "support-url": 'mailto:\\"x\\"'}


def test_what_is_none() -> None:
    assert play(PROTOCOL, [("<", b"+OK ready\r\n")]).protocol is None
    assert (
        play(PROTOCOL, [("<", b"* OK\r\n"), (">", CAPABILITY), ("<", CAPABILITY + b"a1 OK\r\n")]).protocol
        is None
    )
    assert looks_untrusted(b"* BYE") == 0.95
    assert looks_untrusted(b"* hello") == 0


@given(st.text(max_size=100))
def test_any_id(text: str) -> None:
    assert all(id_untrusted(text).values())
