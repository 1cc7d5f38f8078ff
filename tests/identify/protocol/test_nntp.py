"""NNTP, by examples of RFC 3977 (5.2.3, 7.1.2) and 4642; leafnode 1.12 of Debian 12."""

import pytest
from tests.identify.script import Line, play

from periplus.identify.model import Protocol
from periplus.identify.protocol.nntp import PROTOCOL, looks_untrusted

CAPABILITIES, DATE, QUIT = b"CAPABILITIES\r\n", b"DATE\r\n", b"QUIT\r\n"
LIST = (
    b"101 Capability list:\r\nVERSION 2\r\nREADER\r\nIMPLEMENTATION INN 4.2 2004-12-25\r\nSTARTTLS\r\n.\r\n"
)
SCRIPTS: dict[str, list[Line]] = {
    "a reader": [
        ("<", b"200 reading and posting allowed\r\n"),
        (">", CAPABILITIES),
        ("<", LIST),
        (">", b"STARTTLS\r\n"),
        ("<", b"382 Continue with TLS negotiation\r\n"),
        ("tls", b""),
        (">", QUIT),
    ],
    "leafnode 1.12.0 of Debian 12": [
        (
            "<",
            b"200 Leafnode NNTP Daemon, version 1.12.0 running at localhost (my fqdn: news.lab.internal)\r\n",
        ),
        (">", CAPABILITIES),
        ("<", b"500 Unknown command\r\n"),
        (">", DATE),
        ("<", b"111 20261126055147\r\n"),
        (">", QUIT),
    ],
    "an old one": [
        ("<", b"201 NNTP Service Ready, posting prohibited\r\n"),
        (">", CAPABILITIES),
        ("<", b"500 Unknown command\r\n"),
        (">", DATE),
        ("<", b"111 19990623135624\r\n"),
        (">", QUIT),
    ],
    "not for us": [("<", b"502 NNTP service permanently unavailable\r\n")],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        PROTOCOL,
        [
            ("<", b"200 reading and posting allowed\r\n"),
            (">", b"STARTTLS\r\n"),
            ("<", b"382 Continue with TLS negotiation\r\n"),
            ("tls", b""),
        ],
    ),
    (PROTOCOL, [("<", b"200 ready\r\n"), (">", b"STARTTLS\r\n"), ("<", b"580 Can not initiate TLS\r\n")]),
    (PROTOCOL, [("<", b"502 NNTP service permanently unavailable\r\n")]),
]


def test_leafnode() -> None:
    service = play(PROTOCOL, SCRIPTS["leafnode 1.12.0 of Debian 12"])
    assert (service.product, service.version, service.info) == ("Leafnode", "1.12.0", "posting allowed")


def test_a_reader() -> None:
    service = play(PROTOCOL, SCRIPTS["a reader"])
    assert (service.protocol, service.confidence, service.info) == ("nntp", 0.97, "posting allowed")
    assert service.detail["capabilities"] == [
        "VERSION 2",
        "READER",
        "IMPLEMENTATION INN 4.2 2004-12-25",
        "STARTTLS",
    ]


def test_others() -> None:
    assert play(PROTOCOL, SCRIPTS["an old one"]).why == "111 to DATE"
    assert play(PROTOCOL, SCRIPTS["not for us"]).confidence == 0.75


@pytest.mark.parametrize("greeting", [b"220 ready\r\n", b"hello\r\n"])
def test_what_is_none(greeting: bytes) -> None:
    assert play(PROTOCOL, [("<", greeting)]).protocol is None


def test_a_server_of_something_else() -> None:
    what = b"500 what?\r\n"
    script: list[Line] = [
        ("<", b"200 hello\r\n"),
        (">", CAPABILITIES),
        ("<", what),
        (">", DATE),
        ("<", what),
        (">", QUIT),
    ]
    assert play(PROTOCOL, script).protocol is None


def test_looks() -> None:
    assert looks_untrusted(b"200 news.example.com InterNetNews") == 0.85
    assert looks_untrusted(b"200 hello") == 0.3
    assert looks_untrusted(b"502 Command not implemented") == 0
