"""What a scope allows, by columns and one by one, and when."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.space.scopes import scope
from tests.wire.twins import number

from periplus.space.address import Addresses
from periplus.space.scope import DAY, Hours, Scope

NETWORKS = st.lists(
    st.sampled_from(
        ["198.18.0.0/28", "198.18.0.8-198.18.0.40", "198.18.1.0/30", "2001:db8::/124", "198.18.0.7"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
EXCLUDED = st.lists(st.sampled_from(["198.18.0.3", "198.18.0.12-198.18.0.20", "2001:db8::4/127"]), max_size=3)
PORTS = st.sampled_from([None, "1-1024", "T:22,80,U:53", "S:36412", "0,65535", "U:-"])
V4 = [*(f"198.18.0.{last}" for last in (0, 3, 7, 11, 12, 15, 16, 20, 21, 40, 41)), "198.18.1.0", "198.18.1.4"]
V6 = ["2001:db8::", "2001:db8::4", "2001:db8::5", "2001:db8::f", "2001:db8::10", "::", "ff02::1"]
HOSTS = st.sampled_from([*V4, *V6, "192.0.2.1"])
PROBES = st.lists(
    st.tuples(
        HOSTS,
        st.sampled_from([0, 22, 53, 80, 1024, 1025, 36412, 65535]),
        st.sampled_from([0, 1, 2, 6, 17, 58, 132, 255]),
    ),
    max_size=12,
)


def twin(rules: Scope, them: int, port: int, protocol: int) -> bool:
    """The slow twin: one probe, by the words of the file."""
    if not any(them in entry.space for entry in rules.networks):
        return False
    if any(them in entry.space for entry in rules.excluded):
        return False
    if rules.ports is None or protocol in {1, 58}:
        return True
    listed = {6: rules.ports.tcp, 17: rules.ports.udp, 132: rules.ports.sctp}.get(protocol, ())
    return port in listed


@given(NETWORKS, EXCLUDED, PORTS, PROBES)
def test_columns_agree_with_the_plain_rules(
    networks: list[str], excluded: list[str], ports: str | None, probes: list[tuple[str, int, int]]
) -> None:
    rules = scope(
        networks=[*networks, "192.0.2.77"], excluded=excluded, **({"ports": ports} if ports else {})
    )
    rows = [(number(host), port, protocol) for host, port, protocol in probes]
    them = Addresses.of_ints(row[0] for row in rows)
    port = np.array([row[1] for row in rows], np.uint16)
    protocol = np.array([row[2] for row in rows], np.uint8)
    assert rules.allows(them, port, protocol).tolist() == [twin(rules, *row) for row in rows]


def test_ports_by_kind() -> None:
    rules = scope(ports="22,U:53")
    assert np.flatnonzero(rules.open_ports("tcp")).tolist() == [22]
    assert np.flatnonzero(rules.open_ports("udp")).tolist() == [22, 53]
    assert np.flatnonzero(rules.open_ports("ip")).tolist() == [1, 58]
    assert rules.open_ports("icmp").all()
    free = scope()
    assert all(free.open_ports(kind).all() for kind in ("tcp", "udp", "sctp", "icmp", "ip"))


def test_what_is_left_of_the_networks() -> None:
    rules = scope(networks=["198.18.0.0/30", "198.18.0.2/31"], excluded=["198.18.0.1", "198.19.0.0/16"])
    assert rules.space.size == 3
    assert number("198.18.0.1") in rules.inside
    assert number("198.18.0.1") not in rules.space


# time


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@given(st.integers(0, DAY - 1), st.integers(0, DAY), st.integers(0, DAY - 1))
def test_a_stretch_of_the_day_minute_by_minute(begin: int, end: int, minute: int) -> None:
    """The slow twin walks from the beginning, over midnight if need be, until the end."""
    walked: set[int] = set()
    now = begin
    while now != end % DAY or not walked:
        walked.add(now)
        now = (now + 1) % DAY
    assert Hours("", begin, end).hold(minute) == (minute in walked)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-22T20:59:59", False),
        ("2026-11-22T21:00:00", True),  # 22:00 in Berlin's winter
        ("2026-11-23T04:59:59", True),
        ("2026-11-23T05:00:00", False),
        ("2026-07-01T20:00:00", True),  # and in its summer
        ("2026-07-01T19:59:59", False),
    ],
)
def test_hours_are_those_of_the_zone(moment: str, open_: bool) -> None:
    rules = scope(hours="22:00-06:00", timezone="Europe/Berlin")
    assert rules.in_hours(at(moment)) == open_
    assert (rules.closed(at(moment)) is None) == (rules.over(at(moment)) is None) == open_


def test_what_closed_says() -> None:
    rules = scope(
        hours="22:00-06:00", timezone="Europe/Berlin", expires=datetime(2027, 1, 31, 12, tzinfo=UTC)
    )
    assert rules.closed(at("2026-11-22T12:05:00")) == (
        "outside hours 22:00-06:00 (Europe/Berlin): it is 13:05 there"
    )
    assert rules.over(at("2026-11-22T12:05:00")) == "scope: the hours 22:00-06:00 (Europe/Berlin) are over"
    assert rules.closed(at("2027-01-31T11:59:59")) == (
        "outside hours 22:00-06:00 (Europe/Berlin): it is 12:59 there"
    )
    assert rules.closed(at("2027-01-31T12:00:00")) == "expired: expires is 2027-01-31 12:00:00+00:00"
    assert rules.over(at("2027-01-31T12:00:00")) == (
        "scope: it has expired (expires is 2027-01-31 12:00:00+00:00)"
    )


def test_without_rules_of_time_it_never_closes() -> None:
    assert scope().closed(0.0) is None
    assert scope().over(4e9) is None
