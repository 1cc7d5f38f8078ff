"""Calling the roll in virtual time, what follows from it, and one real call in a namespace."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.transport.namespaces import pair, run
from tests.wire.twins import number

from periplus.columns import U8
from periplus.errors import CannotScan, UsageError
from periplus.scan import rollcall
from periplus.scan.clock import Clock
from periplus.scan.rollcall import MOST, ROUND_US, Roll, RollCalls, call_roll, in_network
from periplus.transport.memory import MemoryTransport
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import Packets
from periplus.wire.rollcall import roll_echo, roll_query

KEY = 77
MAC = bytes.fromhex("020000000001")
NET = number("2001:db8::"), number("2001:db8::ffff:ffff:ffff:ffff")


def lane(address: str, link: Link = Link.ETHERNET) -> Lane:
    return Lane(2, "eth0", link, number(address), MAC if link is Link.ETHERNET else b"", 1500)


LINK_ME, GLOBAL_ME = lane("fe80::1"), lane("2001:db8::1")


class Link6(MemoryTransport):
    """A link on which time passes only by waiting, and everybody answers echo requests a moment later."""

    def __init__(self, late: dict[int, list[Packets]] | None = None) -> None:
        super().__init__(self._answer)
        self.now = 1_000_000
        self.late = late or {}  # arrivals by the time since the start

    def wait(self, timeout_us: int) -> bool:
        due = [at for at in self.late if at + 1_000_000 <= self.now + timeout_us]
        self.now = min(due) + 1_000_000 if due else self.now + timeout_us
        for packets in self.late.pop(min(due)) if due else []:
            self.deliver(packets)
        return bool(due)

    def _answer(self, lane: Lane, frames: U8) -> Packets:
        [frame] = [row.tobytes() for row in frames]
        return echoed(frame, "fe80::2") if frame[54] == 128 else Packets.empty()


def echoed(frame: bytes, by: str, ifindex: int = 2) -> Packets:
    """The answer to an echo request."""
    head = frame[14:22] + number(by).to_bytes(16) + frame[22:38]
    return Packets.of_bytes([head + b"\x81" + frame[55:]], ifindex=ifindex)


def called(link: Link6, *lanes: Lane) -> set[int]:
    return call_roll(lanes, link, KEY, lambda: link.now)


def test_each_address_asks_twice_and_listeners_are_asked_from_the_link_local_one() -> None:
    link = Link6()
    assert called(link, LINK_ME, GLOBAL_ME) == {number("fe80::2")}
    once = [roll_echo(LINK_ME, KEY), roll_query(LINK_ME), roll_echo(GLOBAL_ME, KEY)]
    assert [frames.tobytes() for _, frames in link.sent] == [each.tobytes() for each in once] * 2
    assert link.now == 1_000_000 + 2 * ROUND_US


def test_answers_count_until_the_end_and_on_their_own_link_alone() -> None:
    frame = roll_echo(GLOBAL_ME, KEY)[0].tobytes()
    link = Link6(
        {
            500: [echoed(frame, "2001:db8::5"), echoed(frame, "2001:db8::6", ifindex=3)],
            2 * ROUND_US - 1: [echoed(frame, "2001:db8::7")],
            2 * ROUND_US + 1: [echoed(frame, "2001:db8::8")],
        }
    )
    assert called(link, GLOBAL_ME) == {number(text) for text in ("fe80::2", "2001:db8::5", "2001:db8::7")}


def test_a_flood_of_answers_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 65536
    monkeypatch.setattr(rollcall, "MOST", 2)
    frame = roll_echo(GLOBAL_ME, KEY)[0].tobytes()
    link = Link6({9: [echoed(frame, f"2001:db8::{row}") for row in range(2, 9)]})
    assert len(called(link, GLOBAL_ME)) == 2


def roll(heard: list[str], neighbours: dict[str, int] | None = None, lanes: tuple[Lane, ...] = ()) -> Roll:
    """`neighbours` have the last byte of their hardware address."""
    macs = {number(text): bytes([2, 0, 0, 0, 0, last]) for text, last in (neighbours or {}).items()}
    return Roll(lanes or (LINK_ME, GLOBAL_ME), frozenset(map(number, heard)), macs)


@pytest.mark.parametrize(
    ("made", "shown", "guessed"),
    [
        pytest.param(roll(["2001:db8::2"]), ["2001:db8::2"], [], id="shown"),
        pytest.param(roll(["2001:db8:0:1::2"]), [], [], id="of another network"),
        pytest.param(roll([], {"2001:db8::2": 2, "198.18.0.2": 2}), ["2001:db8::2"], [], id="by the kernel"),
        pytest.param(roll(["fe80::2"]), [], ["2001:db8::2"], id="link-local alone"),
        pytest.param(roll([], {"fe80::2": 2}), [], ["2001:db8::2"], id="link-local by the kernel"),
        pytest.param(roll(["fe80::2", "2001:db8::2"]), ["2001:db8::2"], [], id="both, alike"),
        pytest.param(
            roll(["fe80::2", "2001:db8::9"], {"fe80::2": 2, "2001:db8::9": 2}),
            ["2001:db8::9"],
            [],
            id="one machine",
        ),
        pytest.param(
            roll(["fe80::2", "2001:db8::9"], {"fe80::2": 2, "2001:db8::9": 9}),
            ["2001:db8::9"],
            ["2001:db8::2"],
            id="two machines",
        ),
        pytest.param(
            roll(["fe80::2", "2001:db8::9"]), ["2001:db8::9"], ["2001:db8::2"], id="unknown machines"
        ),
    ],
)
def test_who_is_in_a_network(made: Roll, shown: list[str], guessed: list[str]) -> None:
    assert in_network(made, *NET) == (frozenset(map(number, shown)), frozenset(map(number, guessed)))


def test_guesses_in_a_wider_network_have_our_own_prefixes() -> None:
    wide = number("2001:db8::"), number("2001:db8:0:ffff:ffff:ffff:ffff:ffff")
    lanes = (LINK_ME, lane("2001:db8:0:7::1"), lane("2001:db8:1::1"))
    assert in_network(roll(["fe80::2"], lanes=lanes), *wide) == (
        frozenset(),
        frozenset([number("2001:db8:0:7::2")]),
    )
    assert in_network(roll(["fe80::2"], lanes=(LINK_ME,)), *wide) == (frozenset(), frozenset())


@given(st.sets(st.integers(0, 1 << 128), max_size=9), st.sampled_from([48, 56, 64, 10]))
def test_nothing_outside_a_network_is_taken_for_inside(heard: set[int], bits: int) -> None:
    first = number("fe80::") if bits == 10 else number("2001:db8::")
    last = first | (1 << 128 - bits) - 1
    shown, guessed = in_network(Roll((GLOBAL_ME,), frozenset(heard), {}), first, last)
    assert all(first <= each <= last for each in shown | guessed)
    assert not shown & guessed


def calls(told: list[str], source: str | None = None) -> RollCalls:
    return RollCalls(None, None if source is None else number(source), KEY, Clock().now_us, told.append)


@pytest.mark.lab
def test_a_real_link_is_called_once_and_only_its_own_hosts_count() -> None:
    """The kernel's table holds addresses behind a router and without a route, a stale one here, and IPv4."""
    told: list[str] = []
    with pair() as made:
        run(
            "ip -6 route add 2001:db8:7::/64 via 2001:db8::2",
            "ip -6 neigh add 2001:db8:7::9 lladdr 02:00:00:00:00:09 dev v0 nud permanent",
            "ip -6 neigh add 2001:db8:9::9 lladdr 02:00:00:00:00:09 dev v0 nud permanent",
            "ip -6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev v0 nud stale",
            "ip neigh add 198.18.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent",
        )
        with made.them.inside():
            run("nft flush ruleset")
            Path("/proc/sys/net/ipv6/icmp/echo_ignore_multicast").write_text("0", encoding="ascii")
        find = calls(told)
        here = ["2001:db8::2", "2001:db8::9", "fe80::ff:fe00:2"]
        assert find("ff02::1%v0", "v0", None) == sorted(map(number, here))
        began = Clock().now_us()
        assert find("2001:db8::/64", None, NET) == sorted(map(number, here[:2]))
        assert find("fe80::/64", "v0", (number("fe80::"), number("fe80::ffff:ffff:ffff:ffff"))) == [
            number(here[2])
        ]
        assert Clock().now_us() - began < 2 * ROUND_US
    assert told == [
        "ff02::1%v0 means all IPv6 hosts of the link: multicast finds 3 addresses",
        "2001:db8::/64 is too large to ask one by one: its hosts are found by multicast, 2 of them",
        "fe80::/64 is too large to ask one by one: its hosts are found by multicast, 1 of them",
    ]


@pytest.mark.lab
def test_links_that_cannot_be_asked() -> None:
    elsewhere = "too large to ask one by one, and multicast finds hosts of our own links alone"
    with pair():
        run("ip -6 route add 2001:db8:7::/64 via 2001:db8::2", "ip -6 route add local 2001:db8:8::/64 dev lo")
        for source, interface, network, kind, line in (
            (None, "nosuch", None, UsageError, "no such interface"),
            (None, "lo", None, CannotScan, "lo is no Ethernet interface"),
            (
                "2001:db8::77",
                "v0",
                None,
                CannotScan,
                "interface v0 has no IPv6 address 2001:db8::77 to ask from",
            ),
            (None, None, "2001:db8:7::", UsageError, rf"{elsewhere} \(2001:db8:7::: behind 2001:db8::2\)"),
            (None, None, "2001:db8:9::", UsageError, rf"{elsewhere} \(2001:db8:9::: no route\)"),
            (None, None, "2001:db8:8::", UsageError, "of this machine itself"),
        ):
            wide = None if network is None else (number(network), number(network) | (1 << 64) - 1)
            with pytest.raises(kind, match=line) as caught:
                calls([], source)("x", interface, wide)
            assert "\n" not in str(caught.value)


@pytest.mark.lab
def test_only_the_chosen_address_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Lane] = []

    def note(lanes: list[Lane], *_: object) -> set[int]:
        asked.extend(lanes)
        return set()

    monkeypatch.setattr(rollcall, "call_roll", note)
    with pair():
        run("ip addr add 2001:db8::3/64 dev v0 nodad", "ip addr add 2001:db8:0:1::3/64 dev v0 nodad")
        calls([], "2001:db8::3")("x", "v0", None)
        assert [each.ip_me for each in asked] == [number("2001:db8::3")]
        asked.clear()
        calls([])("x", "v0", None)
        assert len(asked) == 3  # one of each prefix
