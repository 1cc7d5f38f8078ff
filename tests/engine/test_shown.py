"""What is kept of SYN-ACKs, beside a list that does the same slowly."""

from dataclasses import dataclass, field, fields

from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import ip4, ip6, number, tcp

from periplus.engine.shown import COLUMNS, MOST_HOSTS, Shown, seen_of
from periplus.space.address import Addresses
from periplus.wire.packets import Packets
from periplus.wire.synack import SynAcks, syn_acks_untrusted

HOSTS = [number(text) for text in ("198.18.0.2", "198.18.0.3", "2001:db8::2", "2001:db8:0:1::2")]
ME4, ME6 = number("198.18.0.1"), number("2001:db8::1")


@dataclass
class Slow:
    """The same as `Shown`, row by row."""

    most: int
    rows: list[tuple[int, int]] = field(default_factory=list)

    def keep(self, batch: list[tuple[int, int]]) -> None:
        batch = batch[-self.most :]
        if len(self.rows) + len(batch) > self.most:
            del self.rows[: max((len(self.rows) + 1) // 2, len(self.rows) + len(batch) - self.most)]
        self.rows += batch

    def first(self, them: int) -> int | None:
        return next((window for addr, window in self.rows if addr == them), None)


def keep(shown: Shown, batch: list[tuple[int, int]]) -> None:
    """Hand in SYN-ACKs with these windows."""
    segments = [(them, tcp(22, 50_000, flags=0x12, window=window)) for them, window in batch]
    packets = [
        ip4(them, ME4, 6, segment) if them < HOSTS[2] else ip6(them, ME6, 6, segment)
        for them, segment in segments
    ]
    shown.keep(Addresses.of_ints([them for them, _ in batch]), syn_acks_untrusted(Packets.of_bytes(packets)))


def first(shown: Shown, them: int) -> int | None:
    """The window that a host showed first."""
    found = shown.first(Addresses.of_ints([them]))
    return None if found is None else int(found.window[0])


def test_all_columns_come_back() -> None:
    shown = Shown()
    assert shown.first(Addresses.of_ints([HOSTS[0]])) is None
    packet = ip4(
        HOSTS[0], ME4, 6, tcp(22, 50_000, flags=0x12, window=9, options=b"\2\4\5\xb4"), ttl=63, ident=5
    )
    [row] = [syn_acks_untrusted(Packets.of_bytes([packet]))]
    shown.keep(Addresses.of_ints([HOSTS[0]]), row)
    found = shown.first(Addresses.of_ints([HOSTS[0]]))
    assert found is not None
    for name in ("port", "ttl", "tos", "df", "ip_id", "flags", "window", "mss", "scale", "order", "is_v4"):
        assert getattr(found, name).tolist() == getattr(row, name).tolist()
        assert getattr(found, name).dtype == getattr(row, name).dtype


def test_the_columns_are_named_as_those_of_syn_acks() -> None:
    assert [*COLUMNS] == ["hi", "lo", *(each.name for each in fields(SynAcks))]


def test_what_some_hosts_showed_is_kept_anew_elsewhere() -> None:
    shown, later = Shown(), Shown()
    assert not any(map(len, shown.of(lambda them: them.lo > 0).values()))
    keep(shown, [(HOSTS[0], 7), (HOSTS[1], 8)])
    keep(shown, [(HOSTS[2], 9), (HOSTS[0], 6)])
    columns = shown.of(lambda them: them.lo != Addresses.of_ints([HOSTS[1]]).lo)
    assert {name: column.dtype for name, column in columns.items()} == COLUMNS
    later.keep(*seen_of(columns))
    assert [first(later, each) for each in HOSTS] == [7, None, 9, None]
    row, twin = (each.first(Addresses.of_ints(HOSTS[2:3])) for each in (later, shown))
    assert row is not None
    assert twin is not None
    assert all((getattr(row, each.name) == getattr(twin, each.name)).all() for each in fields(SynAcks))


def test_a_network_that_answers_everywhere_takes_no_more_than_the_bound() -> None:
    shown, base = Shown(), number("198.18.0.0")
    row = syn_acks_untrusted(Packets.of_bytes([ip4(base, ME4, 6, tcp(22, 50_000, flags=0x12))] * 1000))
    for start in range(0, MOST_HOSTS + 50_000, 1000):
        shown.keep(Addresses.of_ints(range(base + start, base + start + 1000)), row)
        assert len(shown) <= MOST_HOSTS
    assert first(shown, base) is None
    assert first(shown, base + MOST_HOSTS + 1000) == 1024


batches = st.lists(
    st.lists(st.tuples(st.sampled_from(HOSTS), st.integers(0, 9)), max_size=4, unique_by=lambda row: row[0]),
    max_size=8,
)


@given(batches, st.integers(1, 7))
def test_it_keeps_what_the_list_keeps(some: list[list[tuple[int, int]]], most: int) -> None:
    shown, slow = Shown(most), Slow(most)
    for batch in some:
        keep(shown, batch)
        slow.keep(batch)
        assert len(shown) == len(slow.rows) <= most
        assert [first(shown, each) for each in HOSTS] == [slow.first(each) for each in HOSTS]
