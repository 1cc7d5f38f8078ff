"""ManageSieve, by what Dovecot's Pigeonhole 0.5.19 of Debian 12 says on the loopback."""

import pytest
from tests.identify.script import Line, play

from periplus.identify.model import Protocol
from periplus.identify.protocol.sieve import PROTOCOL, looks_untrusted

CAPABILITIES = (
    b'"IMPLEMENTATION" "Dovecot (Debian) Pigeonhole"\r\n"SIEVE" "fileinto reject"\r\n"NOTIFY" "mailto"\r\n'
    b'"SASL" "PLAIN"\r\n"STARTTLS"\r\n"VERSION" "1.0"\r\nOK "Dovecot (Debian) ready."\r\n'
)
LOGOUT = b"LOGOUT\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "Pigeonhole": [
        ("<", CAPABILITIES),
        (">", b"STARTTLS\r\n"),
        ("<", b'OK "Begin TLS negotiation now."\r\n'),
        ("tls", b""),
        ("<", CAPABILITIES.replace(b'"STARTTLS"\r\n', b"").replace(b"ready", b"TLS negotiation successful")),
        (">", LOGOUT),
    ],
    "no TLS": [("<", b'"IMPLEMENTATION" "Example1 ManageSieved v001"\r\nOK\r\n'), (">", LOGOUT)],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        PROTOCOL,
        [
            ("<", CAPABILITIES),
            (">", b"STARTTLS\r\n"),
            ("<", b'OK "Begin TLS negotiation now."\r\n'),
            ("tls", b""),
        ],
    ),
    (PROTOCOL, [("<", CAPABILITIES), (">", b"STARTTLS\r\n"), ("<", b"NO\r\n")]),
    (PROTOCOL, [("<", b'"IMPLEMENTATION" "Example1 ManageSieved v001"\r\nOK\r\n')]),
]


def test_pigeonhole() -> None:
    service = play(PROTOCOL, SCRIPTS["Pigeonhole"])
    assert (service.protocol, service.confidence) == ("sieve", 0.98)
    known = service.detail["capabilities_tls"]
    assert isinstance(known, dict)
    assert known["SIEVE"] == "fileinto reject"
    assert "STARTTLS" not in known


@pytest.mark.parametrize("said", [b'"hello"\r\nOK\r\n', b"OK\r\n", b"220 hello\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [("<", said)]).protocol is None
    assert looks_untrusted(said) == 0
    assert looks_untrusted(CAPABILITIES) == 0.97
