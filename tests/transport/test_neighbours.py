"""The resolver on a clock of ours, against a plain twin, and against a real kernel."""

import time
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether
from tests.transport.namespaces import ME4, ME6, THEM4, THEM6, pair

from periplus.columns import U8
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.transport.neighbours import Resolver, Status
from periplus.transport.packet import PacketTransport
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import Packets

MAC_ME = bytes.fromhex("020000000001")
LANE4 = Lane(3, "v0", Link.ETHERNET, parse_ip("198.18.0.1"), MAC_ME, 1500)
LANE6 = Lane(3, "v0", Link.ETHERNET, parse_ip("2001:db8::1"), MAC_ME, 1500)
OTHER = Lane(4, "w0", Link.ETHERNET, parse_ip("198.18.1.1"), MAC_ME, 1500)
NOTHING = Packets.empty()
WAITING, KNOWN, FAILED = Status.WAITING, Status.KNOWN, Status.FAILED


def hops(*texts: str) -> Addresses:
    return Addresses.of_ints(map(parse_ip, texts))


def asked(frames: list[tuple[Lane, U8]]) -> list[str]:
    """The targets of the questions, in order."""
    return [_target(Ether(row.tobytes())) for _, rows in frames for row in rows]


def _target(frame: Ether) -> str:
    return str(frame[ARP].pdst if ARP in frame else frame[ICMPv6ND_NS].tgt)


def answer(address: str, mac: str, ifindex: int = 3, time_us: int = 0) -> Packets:
    if ":" in address:
        body = ICMPv6ND_NA(tgt=address, S=1) / ICMPv6NDOptDstLLAddr(lladdr=mac)
        return Packets.of_bytes(
            [bytes(IPv6(src=address, dst=ME6, hlim=255) / body)], time_us, ifindex=ifindex
        )
    reply = ARP(op=2, hwsrc=mac, psrc=address, hwdst="02:00:00:00:00:01", pdst=ME4)
    return Packets.of_bytes([bytes(reply)], time_us, ethertype=0x0806, ifindex=ifindex)


def state(resolver: Resolver, lane: Lane, *texts: str) -> list[tuple[str, int]]:
    macs, status = resolver.lookup(lane, hops(*texts))
    return [(row.tobytes().hex(), one) for row, one in zip(macs, status.tolist(), strict=True)]


@pytest.mark.parametrize(("lane", "hop"), [(LANE4, "198.18.0.9"), (LANE6, "2001:db8::9")])
def test_who_is_known_can_be_asked_itself(lane: Lane, hop: str) -> None:
    resolver = Resolver()
    resolver.want(lane, hops(hop))
    assert resolver.poll(lane, parse_ip(hop)) is None
    resolver.step(0, NOTHING)
    resolver.step(1_000, answer(hop, "02:00:00:00:00:09"))
    poll = resolver.poll(lane, parse_ip(hop))
    assert poll is not None
    assert poll[0] == lane
    assert asked([poll]) == [hop]
    assert Ether(poll[1][0].tobytes()).dst == "02:00:00:00:00:09"


def test_a_next_hop_of_the_other_family_is_asked_from_the_address_of_the_link() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("fe80::9"))
    resolver.learn(LANE4.ifindex, hops("fe80::9"), np.full((1, 6), 2, np.uint8))
    poll = resolver.poll(LANE4, parse_ip("fe80::9"))
    assert poll is not None
    assert Ether(poll[1][0].tobytes())[IPv6].src == "fe80::ff:fe00:1"


def test_off_ethernet_there_is_nobody_to_ask() -> None:
    assert Resolver().poll(Lane(5, "t0", Link.BARE, parse_ip(ME4), b"", 1500), parse_ip(THEM4)) is None


@pytest.mark.parametrize(("lane", "hop"), [(LANE4, "198.18.0.9"), (LANE6, "2001:db8::9")])
def test_question_and_answer(lane: Lane, hop: str) -> None:
    resolver = Resolver()
    assert resolver.next_wake is None
    resolver.want(lane, hops(hop))
    frames = resolver.step(1000, NOTHING)
    assert asked(frames) == [hop]
    assert frames[0][0] == lane
    assert state(resolver, lane, hop) == [("00" * 6, WAITING)]
    assert resolver.step(1500, answer(hop, "02:00:00:00:00:09")) == []
    assert state(resolver, lane, hop) == [("020000000009", KNOWN)]
    assert resolver.next_wake is None


@pytest.mark.parametrize(("lane", "hop"), [(LANE4, "198.18.0.9"), (LANE6, "2001:db8::9")])
def test_the_round_trip_of_a_first_question_is_known(lane: Lane, hop: str) -> None:
    resolver = Resolver()
    assert resolver.round_trips(lane, hops(hop)).tolist() == [0]
    resolver.want(lane, hops(hop))
    resolver.step(1000, NOTHING)
    assert resolver.round_trips(lane, hops(hop)).tolist() == [0]
    resolver.step(2000, answer(hop, "02:00:00:00:00:09", time_us=1500))
    assert resolver.round_trips(lane, hops(hop)).tolist() == [500]
    resolver.want(lane, hops("198.18.0.2", "2001:db8::2"))  # the table is sorted anew
    assert resolver.round_trips(lane, hops(hop)).tolist() == [500]


def test_after_a_second_question_nobody_knows_which_was_answered() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    resolver.step(1000, NOTHING)
    assert asked(resolver.step(201_000, NOTHING)) == ["198.18.0.9"]
    resolver.step(202_000, answer("198.18.0.9", "02:00:00:00:00:09", time_us=201_100))
    assert state(resolver, LANE4, "198.18.0.9") == [("020000000009", KNOWN)]
    assert resolver.round_trips(LANE4, hops("198.18.0.9")).tolist() == [0]


def test_three_tries_then_failed_and_a_late_answer_still_counts() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    sent_at = []
    now = 5000
    while (wake := resolver.next_wake) is not None:
        now = max(now, wake)
        if resolver.step(now, NOTHING):
            sent_at.append(now)
    assert sent_at == [5000, 205_000, 405_000]
    assert now == 605_000
    assert state(resolver, LANE4, "198.18.0.9") == [("00" * 6, FAILED)]
    resolver.step(700_000, answer("198.18.0.9", "02:00:00:00:00:09"))
    assert state(resolver, LANE4, "198.18.0.9") == [("020000000009", KNOWN)]


def test_nothing_is_asked_before_its_time() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    assert len(resolver.step(1000, NOTHING)) == 1
    assert resolver.step(200_999, NOTHING) == []
    assert len(resolver.step(201_000, NOTHING)) == 1


def test_pace_is_kept_and_new_ones_come_before_silent_ones() -> None:
    resolver = Resolver(pace_pps=1000)
    first = [f"198.18.0.{n}" for n in range(10, 30)]
    resolver.want(LANE4, hops(*first))
    assert sorted(asked(resolver.step(0, NOTHING))) == first
    second = [f"198.18.1.{n}" for n in range(10, 20)]
    resolver.want(LANE4, hops(*second))
    assert resolver.step(0, NOTHING) == []
    assert resolver.next_wake == pytest.approx(1000, abs=2)
    assert len(asked(resolver.step(4000, NOTHING))) == 4
    rest = asked(resolver.step(300_000, NOTHING))
    assert len(rest) == 20
    assert set(second) - set(rest) <= set(second)
    assert len([hop for hop in rest if hop.startswith("198.18.1.")]) == 6


def test_a_day_asleep_earns_only_one_burst() -> None:
    resolver = Resolver(pace_pps=1000)
    resolver.want(LANE4, Addresses.of_v4(np.arange(1000, dtype=np.uint32)))
    assert len(asked(resolver.step(86_400_000_000, NOTHING))) == 20


def test_first_answer_counts() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    both = [answer("198.18.0.9", "02:00:00:00:00:09"), answer("198.18.0.9", "02:00:00:00:00:66")]
    resolver.step(0, Packets.concat(both))
    resolver.step(1, answer("198.18.0.9", "02:00:00:00:00:77"))
    assert state(resolver, LANE4, "198.18.0.9") == [("020000000009", KNOWN)]


def test_answers_from_other_links_and_unasked_ones_change_nothing() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    resolver.want(OTHER, hops("198.18.0.9"))
    resolver.step(0, answer("198.18.0.9", "02:00:00:00:00:09", ifindex=4))
    resolver.step(0, answer("198.18.0.10", "02:00:00:00:00:10"))
    assert state(resolver, LANE4, "198.18.0.9") == [("00" * 6, WAITING)]
    assert state(resolver, OTHER, "198.18.0.9") == [("020000000009", KNOWN)]


def test_both_families_on_one_link() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    resolver.want(LANE6, hops("2001:db8::9"))
    frames = resolver.step(0, NOTHING)
    assert [(lane, rows.shape) for lane, rows in frames] == [(LANE4, (1, 42)), (LANE6, (1, 86))]


def test_wanting_more_keeps_what_is_known() -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.20"))
    resolver.step(0, answer("198.18.0.20", "02:00:00:00:00:20"))
    resolver.want(LANE4, hops("198.18.0.30", "198.18.0.10", "198.18.0.10"))
    resolver.want(LANE4, hops("198.18.0.20"))
    assert state(resolver, LANE4, "198.18.0.30", "198.18.0.20", "198.18.0.10") == [
        ("00" * 6, WAITING),
        ("020000000020", KNOWN),
        ("00" * 6, WAITING),
    ]
    assert asked(resolver.step(0, NOTHING)) == ["198.18.0.10", "198.18.0.30"]


def test_what_the_kernel_knows_is_not_asked() -> None:
    resolver = Resolver()
    macs = np.arange(12, dtype=np.uint8).reshape(2, 6)
    resolver.learn(3, hops("198.18.0.9", "198.18.0.10"), macs)
    resolver.want(LANE4, hops("198.18.0.9"))
    resolver.learn(3, hops("198.18.0.9", "198.18.0.10"), macs)
    assert resolver.step(0, NOTHING) == []
    assert state(resolver, LANE4, "198.18.0.9") == [("000102030405", KNOWN)]


@pytest.mark.parametrize("link", [Link.BARE, Link.LOCAL])
def test_lanes_without_link_layer_need_nothing(link: Link) -> None:
    resolver = Resolver()
    lane = Lane(5, "t0", link, parse_ip("198.18.0.1"), b"", 1500)
    resolver.want(lane, hops("198.18.0.9"))
    assert resolver.step(0, NOTHING) == []
    assert state(resolver, lane, "198.18.0.9") == [("00" * 6, KNOWN)]


def test_looking_up_what_nobody_wanted_is_a_mistake() -> None:
    resolver = Resolver()
    with pytest.raises(ValueError, match="nobody wanted"):
        resolver.lookup(LANE4, hops("198.18.0.9"))


def test_a_whole_slash_16_resolves_at_the_given_pace() -> None:
    """Every second host answers; the rest is asked three times."""
    resolver = Resolver(pace_pps=100_000)
    wanted = Addresses.of_v4(np.arange(0xC6120000, 0xC6130000, dtype=np.uint32))
    resolver.want(LANE4, wanted)
    now, questions, arrived = 0, 0, NOTHING
    while (wake := resolver.next_wake) is not None:
        now = max(now + 10_000, wake)
        frames = resolver.step(now, arrived)
        arrived = Packets.concat([_replies(rows) for _, rows in frames])
        questions += sum(len(rows) for _, rows in frames)
    macs, status = resolver.lookup(LANE4, wanted)
    assert questions == 32768 + 3 * 32768
    assert (status == np.where(wanted.v4 % 2, FAILED, KNOWN)).all()
    assert (
        macs[::2, 2:] == np.arange(0xC6120000, 0xC6130000, 2, dtype=">u4").view(np.uint8).reshape(-1, 4)
    ).all()
    assert 1.3e6 < now < 2.5e6


def _replies(requests: U8) -> Packets:
    """ARP replies of the hosts with even addresses, whose hardware address ends with their IP address."""
    rows = requests[requests[:, 41] % 2 == 0, 14:]
    n = len(rows)
    data = np.zeros((n, 128), np.uint8)
    data[:, :28] = rows
    data[:, 7] = 2
    data[:, 8:18] = np.concatenate([np.full((n, 2), 2, np.uint8), rows[:, 24:28], rows[:, 24:28]], axis=1)
    return Packets(
        data,
        np.full(n, 28, np.int32),
        np.zeros(n, np.int64),
        np.full(n, 3, np.int32),
        np.full(n, 0x0806, np.uint16),
    )


class Plain:
    """The rules once more, one next hop at a time and without a pace."""

    def __init__(self) -> None:
        self.hops: dict[str, tuple[int, int, int, str]] = {}  # status, tries, due, mac

    def want(self, hop: str) -> None:
        self.hops.setdefault(hop, (WAITING, 0, 0, "00" * 6))

    def step(self, now: int, told: list[tuple[str, str]]) -> set[str]:
        for hop, mac in told:
            if hop in self.hops and self.hops[hop][0] != KNOWN:
                self.hops[hop] = (KNOWN, 0, 0, mac)
        asked_now = set()
        for hop, (status, tries, due, mac) in self.hops.items():
            if status == WAITING and due <= now:
                self.hops[hop] = (
                    (WAITING, tries + 1, now + 200_000, mac) if tries < 3 else (FAILED, 0, 0, mac)
                )
                asked_now |= {hop} if tries < 3 else set()
        return asked_now


ADDRESSES = [*(f"198.18.0.{n}" for n in range(5, 9)), *(f"2001:db8::{n}" for n in range(5, 8))]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 250_000),
        st.lists(st.sampled_from(ADDRESSES), max_size=3),
        st.lists(st.tuples(st.sampled_from(ADDRESSES), st.integers(1, 9)), max_size=2),
    ),
    max_size=12,
)


@given(STEPS)
def test_agrees_with_the_plain_twin(steps: list[tuple[int, list[str], list[tuple[str, int]]]]) -> None:
    fast, slow, now = Resolver(pace_pps=1_000_000), Plain(), 0
    for passed, wants, answers in steps:
        now += passed
        for hop in wants:
            fast.want(LANE6 if ":" in hop else LANE4, hops(hop))
            slow.want(hop)
        told = [(hop, f"02000000000{end}") for hop, end in answers]
        packets = [answer(hop, f"02:00:00:00:00:0{end}") for hop, end in answers]
        assert set(asked(fast.step(now, Packets.concat(packets)))) == slow.step(now, told)
        for hop, (status, _, _, mac) in slow.hops.items():
            assert state(fast, LANE6 if ":" in hop else LANE4, hop) == [(mac, status)]


@given(
    st.lists(st.binary(max_size=90), max_size=6),
    st.sampled_from([0x0800, 0x0806, 0x86DD]),
    st.lists(st.tuples(st.integers(0, 89), st.integers(0, 255)), max_size=4),
)
def test_hostile_packets_never_raise_nor_make_known_what_was_not_asked(
    junk: list[bytes], ethertype: int, changes: list[tuple[int, int]]
) -> None:
    resolver = Resolver()
    resolver.want(LANE4, hops("198.18.0.9"))
    resolver.want(LANE6, hops("2001:db8::9"))
    mutated = Packets.concat(
        [answer("198.18.0.10", "02:00:00:00:00:01"), answer("2001:db8::a", "02:00:00:00:00:01")]
    )
    for at, value in changes:
        mutated.data[:, at] = value
    for packets in (mutated, Packets.of_bytes(junk, ethertype=ethertype, ifindex=3)):
        resolver.step(0, packets)
    for lane, hop in ((LANE4, "198.18.0.9"), (LANE6, "2001:db8::9")):
        [(mac, status)] = state(resolver, lane, hop)
        assert status == (WAITING if mac == "00" * 6 else KNOWN)


@pytest.mark.lab
def test_a_real_kernel_answers() -> None:
    """Both families, an address that is not there, and an IPv6 next hop asked for from an IPv4 lane."""
    with pair() as veth, closing(PacketTransport(range(20000, 20016), [veth.v4])) as transport:
        for lanes, wanted in (
            ((veth.v4, veth.v6), ((THEM4, "198.18.0.77"), (THEM6, "2001:db8::77"))),
            ((veth.v4, veth.v4), ((THEM4,), (THEM6,))),
        ):
            resolver = Resolver()
            for lane, texts in zip(lanes, wanted, strict=True):
                resolver.want(lane, hops(*texts))
            _run(resolver, transport)
            for lane, texts in zip(lanes, wanted, strict=True):
                states = state(resolver, lane, *texts)
                assert states == [(veth.mac_them.hex(), KNOWN), ("00" * 6, FAILED)][: len(texts)]


def _run(resolver: Resolver, transport: PacketTransport) -> None:
    """Until nothing is left to ask."""
    while (wake := resolver.next_wake) is not None:
        transport.wait(max(0, wake - time.monotonic_ns() // 1000))
        for lane, frames in resolver.step(time.monotonic_ns() // 1000, transport.receive()):
            assert transport.send(lane, frames) == len(frames)
