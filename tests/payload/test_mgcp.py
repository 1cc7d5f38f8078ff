"""The audit, read by scapy."""

from scapy.layers.mgcp import MGCP
from tests.payload.reading import data


def test_it_audits_an_endpoint() -> None:
    packet = MGCP(data("mgcp"))
    assert (packet.verb, packet.endpoint) == (b"AUEP", b"aaln/1@periplus.invalid")
    assert packet.version.rstrip(b"\r") == b"MGCP 1.0"
    assert 1 <= int(packet.transaction_id) <= 999_999_999
    assert data("mgcp").endswith(b"\r\n")
