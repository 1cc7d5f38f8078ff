"""Listing names every address once, in order, and says nothing of it."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import number

from periplus.scan.listing import AT_ONCE, listed
from periplus.space.course import Course, Shard
from periplus.space.ip import format_ip
from periplus.space.ranges import AddressSpace
from periplus.technique.verdict import Reason

BASES = (number("198.18.0.0"), number("2001:db8::"))
SPANS = st.lists(
    st.tuples(st.sampled_from(BASES), st.integers(0, 500), st.integers(0, 40)).map(
        lambda span: (span[0] + span[1], span[0] + span[1] + span[2])
    ),
    max_size=5,
)


@given(SPANS)
def test_every_address_comes_once_and_ascending(spans: list[tuple[int, int]]) -> None:
    reports = list(listed(AddressSpace.of(spans), (), 7.0))
    twin = sorted({address for first, last in spans for address in range(first, last + 1)})
    assert [report.addr for report in reports] == [format_ip(address) for address in twin]


def test_a_listed_host_is_neither_up_nor_down_and_has_no_ports() -> None:
    [report] = listed(AddressSpace.of([(BASES[0], BASES[0])]), (), 7.0)
    assert (report.listed, report.up, report.reason, report.columns) == (True, False, Reason.USER_SET, ())
    assert (report.started, report.ended, report.names) == (7.0, 7.0, ())


def test_names_that_targets_were_given_by_are_told_with_each_of_their_addresses() -> None:
    names = [
        ("one.example", BASES[0]),
        ("two.example", BASES[0]),
        ("one.example", BASES[1]),
        ("no.example", 5),
    ]
    spans = [(base, base + 1) for base in BASES]
    told = {report.addr: report.names for report in listed(AddressSpace.of(spans), names, 7.0)}
    assert told == {
        "198.18.0.0": (("one.example", "user"), ("two.example", "user")),
        "198.18.0.1": (),
        "2001:db8::": (("one.example", "user"),),
        "2001:db8::1": (),
    }


def test_more_than_one_portion() -> None:
    whole = AddressSpace.of([(BASES[0], BASES[0] + AT_ONCE + 1)])
    reports = [report.addr for report in listed(whole, (), 7.0)]
    assert (len(reports), len(set(reports))) == (AT_ONCE + 2, AT_ONCE + 2)
    assert reports[-1] == "198.18.16.1"


def test_a_large_network_is_not_made_at_once() -> None:
    huge = AddressSpace.of([(BASES[1], BASES[1] + (1 << 60))])
    assert [report.addr for report in islice(listed(huge, (), 7.0), 2)] == ["2001:db8::", "2001:db8::1"]


def test_a_shard_lists_its_own() -> None:
    hosts = AddressSpace.of([(BASES[0], BASES[0] + 9)])
    parts = [
        [report.addr for report in listed(hosts, (), 7.0, Course(hosts, 7, Shard(k, 3)))] for k in (1, 2, 3)
    ]
    assert [len(part) for part in parts] == [4, 3, 3]
    assert sorted(parts[0] + parts[1] + parts[2]) == [report.addr for report in listed(hosts, (), 7.0)]
