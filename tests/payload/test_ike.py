"""First messages of both versions, read by scapy."""

import pytest
from scapy.contrib.ikev2 import IKEv2, IKEv2_KE, IKEv2_Nonce, IKEv2_SA, IKEv2_Transform
from scapy.layers.isakmp import ISAKMP, ISAKMP_payload_Proposal, ISAKMP_payload_SA, ISAKMP_payload_Transform
from tests.payload.reading import data

MODULUS_2048_TOP = 0xFFFFFFFFFFFFFFFF  # all groups of RFC 3526 begin with 64 ones


@pytest.mark.parametrize("version", ["ike-v1", "ike-v2"])
def test_port_4500_gets_the_same_behind_four_zeros(version: str) -> None:
    assert data(f"{version}-nat") == bytes(4) + data(version)


def test_version_1_offers_24_ways() -> None:
    packet = ISAKMP(data("ike-v1"))
    assert (packet.version, packet.exch_type, packet.length) == (0x10, 2, len(data("ike-v1")))
    assert packet.resp_cookie == bytes(8)
    assert packet[ISAKMP_payload_SA].length == len(data("ike-v1")) - 28
    proposal = packet[ISAKMP_payload_Proposal]
    assert (proposal.trans_nb, proposal.length) == (24, len(data("ike-v1")) - 28 - 12)
    transform, numbers = proposal.trans, []
    while isinstance(transform, ISAKMP_payload_Transform):
        numbers.append(transform.transform_count)
        names = [name for name, _ in transform.transforms]
        assert {"Encryption", "Hash", "Authentication", "GroupDesc"} <= set(names)
        assert bool(transform.next_payload) == (transform.transform_count < 24)
        transform = transform.payload
    assert numbers == list(range(1, 25))


def test_version_2_offers_algorithms_a_public_value_and_a_nonce() -> None:
    packet = IKEv2(data("ike-v2"))
    assert (packet.version, packet.exch_type, packet.flags, packet.id) == (0x20, 34, 8, 0)
    assert packet.length == len(data("ike-v2"))
    transform, kinds = packet[IKEv2_SA].prop.trans, []
    while isinstance(transform, IKEv2_Transform):
        kinds.append(transform.transform_type)
        transform = transform.payload
    assert kinds == [1, 1, 1, 2, 2, 3, 3, 4, 4]
    exchange = packet[IKEv2_KE]
    assert (exchange.group, len(exchange.ke)) == (14, 256)
    assert 1 < int.from_bytes(exchange.ke, "big") < MODULUS_2048_TOP << 2048 - 64
    assert 16 <= len(packet[IKEv2_Nonce].nonce) <= 256
