"""The lab's SCTP endpoint: what it answers, as scapy reads it, and that Nmap finds its ports as they are."""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers import sctp
from tests.lab import network, servers
from tests.lab.network import FAR, NEAR, Address, Network
from tests.lab.scanners import Verdict, nmap
from tests.lab.sctp_peer import COOKIE, OUR_TAG, answer, asked_untrusted
from tests.wire.twins import crc32c, number

from periplus.space.address import Addresses
from periplus.wire.lane import Lane, Link
from periplus.wire.sctp import COOKIE_ECHO, INIT, SctpFrames, SctpProbe

OPEN = frozenset({2905, 36412})
TAG = 0xDEADBEEF


def said(packet: bytes) -> Any:
    """What the peer, listening on `OPEN`, says to it: as scapy reads it, None when nothing."""
    asked = asked_untrusted(packet)
    back = answer(asked, OPEN) if asked else None
    if back is None:
        return None
    assert struct.unpack_from("<I", back, 8)[0] == crc32c(back[:8] + bytes(4) + back[12:])
    return sctp.SCTP(back)


def asked(port: int, tag: int, *chunks: Any) -> bytes:
    packet = sctp.SCTP(sport=40001, dport=port, tag=tag)
    for chunk in chunks:
        packet /= chunk
    return bytes(packet)


def init(tag: int = TAG) -> Any:
    return sctp.SCTPChunkInit(init_tag=tag, init_tsn=7, a_rwnd=65536, n_out_streams=10, n_in_streams=10)


def test_an_init_to_a_listener_gets_an_init_ack_with_a_cookie() -> None:
    back = said(asked(2905, 0, init()))
    assert (back.sport, back.dport, back.tag) == (2905, 40001, TAG)
    ack = back[sctp.SCTPChunkInitAck]
    assert (ack.init_tag, ack.n_in_streams, ack.len) == (OUR_TAG, 10, len(bytes(back)) - 12)
    assert ack.params[0].cookie == COOKIE


def test_an_init_to_a_closed_port_gets_an_abort_under_its_tag() -> None:
    back = said(asked(2906, 0, init()))
    assert (back.sport, back.dport, back.tag) == (2906, 40001, TAG)
    assert back[sctp.SCTPChunkAbort].TCB == 0


@pytest.mark.parametrize(
    ("port", "chunk"),
    [
        (2906, sctp.SCTPChunkCookieEcho(cookie=b"none")),
        (2906, sctp.SCTPChunkData(data=b"x")),
        (2905, sctp.SCTPChunkData(data=b"x")),
        (2905, init()),  # with a tag where none may be
    ],
)
def test_what_belongs_to_no_association_gets_an_abort_that_reflects_its_tag(port: int, chunk: Any) -> None:
    back = said(asked(port, 0x01020304, chunk))
    assert (back.sport, back.dport, back.tag) == (port, 40001, 0x01020304)
    assert back[sctp.SCTPChunkAbort].TCB == 1


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(
            asked(2905, TAG, sctp.SCTPChunkCookieEcho(cookie=b"none")), id="cookie-echo-to-listener"
        ),
        pytest.param(asked(2906, TAG, sctp.SCTPChunkAbort()), id="abort"),
        pytest.param(asked(2906, TAG, sctp.SCTPChunkCookieAck()), id="cookie-ack"),
        pytest.param(asked(2906, TAG, sctp.SCTPChunkShutdownComplete()), id="shutdown-complete"),
        pytest.param(asked(2905, 0, init(tag=0)), id="init-that-names-no-tag"),
        pytest.param(asked(2905, 0, init(), sctp.SCTPChunkData(data=b"x")), id="init-with-data"),
        pytest.param(asked(2906, 0, sctp.SCTPChunkCookieEcho(cookie=b"none")), id="cookie-echo-without-tag"),
        pytest.param(asked(2905, 0), id="no-chunk"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_gets_no_answer(packet: bytes) -> None:
    assert said(packet) is None


@given(st.integers(0, 31), st.integers(1, 255))
def test_a_packet_damaged_anywhere_gets_no_answer(at: int, by: int) -> None:
    packet = bytearray(asked(2905, 0, init()))
    packet[at] ^= by
    assert said(bytes(packet)) is None


@given(st.binary(max_size=80))
def test_bytes_of_any_kind_do_no_harm(data: bytes) -> None:
    """With a right checksum, or the peer would not look at them."""
    whole = data[:8] + struct.pack("<I", crc32c(data[:8] + bytes(4) + data[12:])) + data[12:]
    for packet in (data, whole):
        said(packet)


@pytest.mark.parametrize(
    ("chunk", "port", "kind"),
    [
        (INIT, 2905, sctp.SCTPChunkInitAck),
        (INIT, 2906, sctp.SCTPChunkAbort),
        (COOKIE_ECHO, 2905, None),
        (COOKIE_ECHO, 2906, sctp.SCTPChunkAbort),
    ],
)
def test_our_own_probes_are_answered_under_their_tag(chunk: int, port: int, kind: type | None) -> None:
    half = np.array([40001], np.uint16)
    them = Addresses.of_ints([number(NEAR.v4)])
    frames = SctpFrames(Lane(2, "near0", Link.BARE, number("198.18.0.1"), b"", 1500), SctpProbe(chunk))
    built = frames.build(them, np.array([port], np.uint16), half, np.array([TAG], np.uint32), half)
    back = said(built[0, 20:].tobytes())
    assert (back is None) is (kind is None)
    assert back is None or (back.tag == TAG and back.haslayer(kind))


@pytest.fixture(scope="module")
def peers() -> Iterator[Network]:
    """A network with the peer on both targets and none on the router."""
    with network.build() as net:
        for node in (net.near, net.far):
            servers.serve_sctp(node, *OPEN)
        yield net


@pytest.mark.lab
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("host", [NEAR, FAR], ids=["near", "far"])
@pytest.mark.parametrize(
    ("flag", "found"),
    [("-sY", Verdict("open", "init-ack")), ("-sZ", Verdict("open|filtered", "no-response"))],
)
def test_nmap_sees_its_ports_as_they_are(
    peers: Network, family: int, host: Address, flag: str, found: Verdict
) -> None:
    """Silence towards a COOKIE ECHO also says that the kernel keeps its own answer to itself."""
    target = host.of(family)
    closed = dict.fromkeys(range(1, 41), Verdict("closed", "abort"))  # so many that Nmap folds them
    scan = nmap(peers.scanner, flag, "-p1-40,2905,36412", target)
    assert scan.at(target) == closed | dict.fromkeys(OPEN, found)


@pytest.mark.lab
@pytest.mark.parametrize(
    ("target", "reason"), [("198.18.1.254", "proto-unreach"), ("2001:db8:0:1::fe", "param-problem")]
)
def test_without_the_peer_the_kernel_says_that_it_knows_no_sctp(
    peers: Network, target: str, reason: str
) -> None:
    scan = nmap(peers.scanner, "-sY", "-p2905", target)
    assert scan.at(target)[2905][:2] == ("filtered", reason)
