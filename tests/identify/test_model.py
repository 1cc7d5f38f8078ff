"""Peers as URLs name them."""

import pytest

from periplus.identify.model import Peer, never_untrusted


@pytest.mark.parametrize(
    ("peer", "authority"),
    [
        (Peer("198.18.0.1", 80), "198.18.0.1"),
        (Peer("198.18.0.1", 80, tls=True), "198.18.0.1:80"),
        (Peer("198.18.0.1", 443, tls=True), "198.18.0.1"),
        (Peer("2001:db8::1", 8080), "[2001:db8::1]:8080"),
        (Peer("198.18.0.1", 8080, name="server.test"), "server.test:8080"),
    ],
)
def test_authority(peer: Peer, authority: str) -> None:
    assert peer.authority == authority


def test_first_bytes_may_show_nothing() -> None:
    assert never_untrusted(b"SSH-2.0-") == 0
