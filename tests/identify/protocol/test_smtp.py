"""SMTP and LMTP, by what Exim 4.96 of Debian 12 says on the loopback, and by examples of RFC 5321 and 2033."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play

from periplus.identify.model import Peer, Protocol
from periplus.identify.protocol.smtp import (
    PROTOCOLS,
    looks_lmtp_untrusted,
    looks_untrusted,
    talk_lmtp_untrusted,
)

SMTP, LMTP = PROTOCOLS
EHLO, HELO, LHLO, HELP, STARTTLS, QUIT = (
    each + b"\r\n"
    for each in (
        b"EHLO periplus.invalid",
        b"HELO periplus.invalid",
        b"LHLO periplus.invalid",
        b"HELP",
        b"STARTTLS",
        b"QUIT",
    )
)
INSIDE = b"250-mail.example.com Hello periplus.invalid [127.0.0.1]\r\n250-SIZE 52428800\r\n250 HELP\r\n"
HELLO = INSIDE.replace(b"250 HELP", b"250-STARTTLS\r\n250 HELP")
EXIM: list[Line] = [
    ("<", b"220 mail.example.com ESMTP Exim 4.96 Wed, 25 Nov 2026 23:10:05 +0000\r\n"),
    (">", EHLO),
    ("<", HELLO),
    (">", HELP),
    (
        "<",
        b"214-Commands supported:\r\n214 AUTH STARTTLS HELO EHLO MAIL RCPT DATA BDAT NOOP QUIT RSET HELP\r\n",
    ),
]
MORE_SCRIPTS: tuple[tuple[Protocol, dict[str, list[Line]]], ...] = (
    (
        SMTP,
        {
            "Exim": [
                *EXIM,
                (">", STARTTLS),
                ("<", b"220 TLS go ahead\r\n"),
                ("tls", b""),
                (">", EHLO),
                ("<", INSIDE),
                (">", QUIT),
            ],
            "Exim without its key": [
                *EXIM,
                (">", STARTTLS),
                ("<", b"454 TLS currently unavailable\r\n"),
                (">", QUIT),
            ],
            "as in RFC 5321, D.3, which knows no EHLO": [
                ("<", b"220 foo.com Simple Mail Transfer Service Ready\r\n"),
                (">", EHLO),
                ("<", b"500 Syntax error, command unrecognized\r\n"),
                (">", HELO),
                ("<", b"250 foo.com\r\n"),
                (">", HELP),
                ("<", b"502 Command not implemented\r\n"),
                (">", QUIT),
            ],
            "not for us": [("<", b"554 mail.example.com No SMTP service here\r\n")],
        },
    ),
    (
        LMTP,
        {
            "as in RFC 2033": [
                ("<", b"220 foo.edu LMTP server ready\r\n"),
                (">", LHLO),
                ("<", b"250-foo.edu\r\n250-PIPELINING\r\n250 SIZE\r\n"),
                (">", HELP),
                ("<", b"502 no\r\n"),
                (">", QUIT),
            ],
        },
    ),
)
DOVECOT: list[Line] = [
    ("<", b"220 vm Dovecot (Debian) ready.\r\n"),
    (">", LHLO),
    ("<", b"250-vm\r\n250-8BITMIME\r\n250 PIPELINING\r\n"),
    (">", HELP),
    ("<", b"500 5.5.1 Unknown command\r\n"),
    (">", QUIT),
]  # its greeting does not say that this is LMTP
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        SMTP,
        [EXIM[0], (">", EHLO), ("<", HELLO), (">", STARTTLS), ("<", b"220 TLS go ahead\r\n"), ("tls", b"")],
    ),
    (
        SMTP,
        [EXIM[0], (">", EHLO), ("<", HELLO), (">", STARTTLS), ("<", b"454 TLS currently unavailable\r\n")],
    ),
    (SMTP, [("<", b"421 too many connections\r\n")]),
    (
        LMTP,
        [
            ("<", b"220 foo.edu LMTP server ready\r\n"),
            (">", LHLO),
            ("<", b"250-foo.edu\r\n250 STARTTLS\r\n"),
            (">", STARTTLS),
            ("<", b"220 ready\r\n"),
            ("tls", b""),
        ],
    ),
]


def test_exim() -> None:
    service = play(SMTP, MORE_SCRIPTS[0][1]["Exim"])
    assert (service.protocol, service.confidence, service.hostname) == ("smtp", 0.97, "mail.example.com")
    assert (service.product, service.version) == ("Exim", "4.96")
    assert service.detail["extensions"] == ["SIZE 52428800", "STARTTLS", "HELP"]
    assert service.detail["extensions_tls"] == ["SIZE 52428800", "HELP"]
    refused = play(SMTP, MORE_SCRIPTS[0][1]["Exim without its key"])
    assert "extensions_tls" not in refused.detail


def test_within_tls_none_is_begun() -> None:
    assert play(SMTP, [*EXIM, (">", QUIT)], Peer("198.18.0.1", 465, tls=True)).protocol == "smtp"


def test_old_servers() -> None:
    service = play(SMTP, MORE_SCRIPTS[0][1]["as in RFC 5321, D.3, which knows no EHLO"])
    assert (service.confidence, service.why, service.detail["extensions"]) == (0.95, "250 to HELO", [])
    assert play(SMTP, MORE_SCRIPTS[0][1]["not for us"]).confidence == 0.7


def test_lmtp() -> None:
    service = play(LMTP, MORE_SCRIPTS[1][1]["as in RFC 2033"])
    assert (service.protocol, service.detail["extensions"]) == ("lmtp", ["PIPELINING", "SIZE"])
    dovecot = play(LMTP, DOVECOT)
    assert (dovecot.product, dovecot.os) == ("Dovecot lmtpd", "Debian")


def test_an_ftp_server_is_not_known() -> None:
    unknown = b"500 'EHLO': command not understood.\r\n"
    script: list[Line] = [("<", b"220 ready\r\n"), (">", EHLO), ("<", unknown), (">", HELO), ("<", unknown)]
    assert play(SMTP, script).protocol is None
    assert play(LMTP, [("<", b"220 mx.example.com ESMTP\r\n")]).protocol is None
    assert play(SMTP, [("<", b"220 mx.example.com LMTP\r\n")]).protocol is None
    assert play(LMTP, [("<", b"220 ready\r\n"), (">", LHLO), ("<", unknown)]).protocol is None


def test_looks() -> None:
    assert looks_untrusted(b"220 ftp.example.com ESMTP Postfix") == 0.9
    assert looks_untrusted(b"220 mx.example.com\r\n") == 0.5
    assert looks_untrusted(b"220 ProFTPD") == 0.3
    assert looks_untrusted(b"220 foo.edu LMTP server ready") == 0
    assert looks_lmtp_untrusted(b"220 foo.edu LMTP server ready") == 0.95
    assert looks_lmtp_untrusted(b"220 vm Dovecot ready.") == 0.2
    assert looks_lmtp_untrusted(b"220 mx.example.com ESMTP") == 0


@given(st.binary(max_size=80), st.sampled_from([b"220 a\r\n", b"220 a LMTP\r\n250 "]))
def test_any_bytes(data: bytes, before: bytes) -> None:
    assert 0 <= looks_lmtp_untrusted(before + data) <= 0.95
    exhaust(talk_lmtp_untrusted(PEER), before + data)
