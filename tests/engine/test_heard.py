"""What is kept of what ports said, beside a list that does the same slowly."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import number

from periplus.engine.heard import MOST_BYTES, ROW_BYTES, Heard
from periplus.space.address import Addresses

Said = tuple[int, int, bytes]
HOSTS = [number(text) for text in ("198.18.0.2", "198.18.0.3", "2001:db8::2", "2001:db8:0:1::2")]


@dataclass
class Slow:
    """The same as `Heard`, row by row."""

    most: int
    rows: list[Said] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return sum(ROW_BYTES + len(data) for _, _, data in self.rows)

    def keep(self, batch: list[Said]) -> None:
        taken, fitting = 0, []
        for row in batch:
            taken += len(row[2]) + ROW_BYTES
            if row[2] and taken <= self.most:
                fitting.append(row)
        needed = sum(ROW_BYTES + len(data) for _, _, data in fitting)
        while self.rows and self.taken + needed > self.most:
            del self.rows[: (len(self.rows) + 1) // 2]
        self.rows += fitting

    def said(self, them: int, port: int) -> tuple[bytes, ...]:
        return tuple(dict.fromkeys(data for addr, at, data in self.rows if (addr, at) == (them, port)))


def keep(heard: Heard, batch: list[Said]) -> None:
    """Hand a batch in as columns."""
    heard.keep(
        Addresses.of_ints([them for them, _, _ in batch]),
        np.array([port for _, port, _ in batch], np.uint16),
        np.frombuffer(b"".join(data for _, _, data in batch), np.uint8),
        np.array([len(data) for _, _, data in batch], np.int64),
    )


def said(heard: Heard, them: int, port: int) -> tuple[bytes, ...]:
    """What one port said."""
    return heard.said(Addresses.of_ints([them]), port)


def test_all_words_of_each_port_are_kept_once_and_silence_is_not() -> None:
    heard = Heard()
    keep(heard, [(HOSTS[0], 53, b"first"), (HOSTS[2], 53, b"six"), (HOSTS[0], 69, b"")])
    keep(heard, [(HOSTS[0], 53, b"second"), (HOSTS[0], 53, b"first")])
    assert [said(heard, host, 53) for host in HOSTS] == [(b"first", b"second"), (), (b"six",), ()]
    assert said(heard, HOSTS[0], 69) == ()
    assert len(heard) == 4


def test_floods_are_bounded_and_push_out_what_is_older() -> None:
    heard = Heard()
    for port in range(20):
        keep(heard, [(HOSTS[0], port * 1000 + row, bytes([1 + port]) * 1_500) for row in range(1000)])
        assert heard.taken <= MOST_BYTES
    assert said(heard, HOSTS[0], 0) == ()
    assert said(heard, HOSTS[0], 19_999) == (b"\x14" * 1_500,)


batches = st.lists(
    st.lists(st.tuples(st.sampled_from(HOSTS), st.integers(1, 3), st.binary(max_size=40)), max_size=6),
    max_size=8,
)


@given(batches, st.integers(1, 400))
def test_it_keeps_what_the_list_keeps(some: list[list[Said]], most: int) -> None:
    heard, slow = Heard(most), Slow(most)
    for batch in some:
        keep(heard, batch)
        slow.keep(batch)
        assert (len(heard), heard.taken) == (len(slow.rows), slow.taken)
        assert heard.taken <= most
        asked = [(host, port) for host in HOSTS for port in (1, 2, 3)]
        assert [said(heard, *each) for each in asked] == [slow.said(*each) for each in asked]
