"""Peers as URLs name them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.binary(max_size=20))
def test_first_bytes_may_show_nothing(data: bytes) -> None:
    assert never_untrusted(data) == 0
