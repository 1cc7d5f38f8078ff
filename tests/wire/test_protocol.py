"""Questions after protocols, as scapy reads them."""

import numpy as np
import pytest
from scapy.layers.igmp import IGMP
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.sctp import SCTPChunkInit
from tests.wire.twins import checksum, number

from periplus.space.address import Addresses
from periplus.wire.headers import ANYTHING
from periplus.wire.lane import Lane, Link
from periplus.wire.protocol import ProtocolProbe
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN, Shape

ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}
THEM = {4: number("198.18.0.2"), 6: number("2001:db8::2")}
ASKED = [*range(256), 6, 50, 1, 58]  # some of two hosts


def packets(version: int, shape: Shape = PLAIN) -> list[IP | IPv6]:
    """A packet for each of `ASKED`."""
    n = len(ASKED)
    questions = Questions(
        Addresses.of_ints([THEM[version]] * n),
        np.array(ASKED, np.uint16),
        np.full(n, 50_000, np.uint16),
        np.arange(1_000, 1_000 + n, dtype=np.uint32),
        np.arange(1_000, 1_000 + n, dtype=np.uint16),
        np.zeros((n, 6), np.uint8),
    )
    lane = Lane(3, "tun0", Link.BARE, ME[version], b"", 1500)
    made = ProtocolProbe().maker(lane, shape).make(questions)
    read = IP if version == 4 else IPv6
    found = {
        row: read(frame.tobytes())
        for frames, rows in made
        for frame, row in zip(frames, rows.tolist(), strict=True)
    }
    assert questions.port_them.tolist() == ASKED
    return [found[row] for row in range(n)]


@pytest.mark.parametrize("version", [4, 6])
def test_every_question_has_its_protocol_and_its_number(version: int) -> None:
    made = packets(version)
    assert [packet.proto if version == 4 else packet.nh for packet in made] == ASKED
    numbers = [packet.id if version == 4 else packet.fl for packet in made]
    assert numbers == list(range(1_000, 1_000 + len(ASKED)))


@pytest.mark.parametrize("version", [4, 6])
def test_protocols_that_need_a_header_have_one(version: int) -> None:
    made = packets(version)
    assert (made[6][TCP].dport, made[6][TCP].sport, str(made[6][TCP].flags)) == (80, 50_000, "A")
    assert (made[6][TCP].seq, made[6][TCP].ack) == (1_006, 1_006)
    assert (made[17][UDP].sport, made[17][UDP].len) == (50_000, 8)
    assert made[132][SCTPChunkInit].init_tag == 1_132
    if version == 4:
        assert (made[1][ICMP].type, made[1][ICMP].id) == (8, 50_000)
        query = bytes(made[2].payload)
        assert (len(query), IGMP(query).type, checksum(query)) == (8, 0x11, 0)
    else:
        assert made[58][ICMPv6EchoRequest].id == 50_000


@pytest.mark.parametrize("version", [4, 6])
def test_all_others_are_empty_but_for_the_shape(version: int) -> None:
    known = {2, 6, 17, 132, 1 if version == 4 else 58}
    bare, laden = packets(version), packets(version, Shape(data=b"abcd"))
    for protocol in range(256):
        if protocol not in known:
            assert (bare[protocol].len if version == 4 else bare[protocol].plen + 20) == 20
        assert bytes(laden[protocol])[-4:] == b"abcd"


def test_answers_come_in_any_protocol() -> None:
    assert ProtocolProbe().protocol == ANYTHING
