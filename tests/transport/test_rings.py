"""Rings and trays against plain lists."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.transport.xdp_kernel import PLACES, ring_memory

from periplus.columns import U8
from periplus.transport.rings import CHUNK, MOST, TRAY, DoneRing, Laid, SendRing, Trays, feed

STARTS = st.one_of(st.integers(0, 40), st.integers((1 << 32) - 40, (1 << 32) - 1))
DESCRIPTOR = np.dtype([("address", np.uint64), ("length", np.uint32), ("options", np.uint32)])


def laid(addresses: list[int], length: int = 60) -> Laid:
    entries = np.zeros(len(addresses), DESCRIPTOR)
    entries["address"], entries["length"] = addresses, length
    return Laid(0, len(addresses), entries.view(np.uint8).data)


def counter(memory: U8, at: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return memory[at : at + 4].view(np.uint32)


def frames(count: int, width: int, seed: int = 0) -> U8:
    return np.random.default_rng(seed).integers(0, 256, (count, width), np.uint8)


@given(start=STARTS, steps=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30))
def test_what_is_put_comes_out_in_order(start: int, steps: list[tuple[int, int]]) -> None:
    memory = ring_memory(8, 16, start)
    ring = SendRing(memory, PLACES, 8)
    waiting: list[int] = []
    at, made = start, 0
    for wanted, taken in steps:
        count = min(wanted, ring.room)
        new = list(range(made, made + count))
        ring.put(laid(new, 60 + count))
        made += count
        waiting += new
        assert counter(memory, PLACES.producer)[0] == (at + len(waiting)) % (1 << 32)
        for _ in range(min(taken, len(waiting))):
            entry = memory[PLACES.entries :].view(DESCRIPTOR)[at % (1 << 32) % 8]
            assert int(entry["address"]) == waiting.pop(0)
            at += 1
        counter(memory, PLACES.consumer)[0] = at % (1 << 32)
        assert (ring.waiting, ring.room) == (len(waiting), 8 - len(waiting))


@given(start=STARTS, count=st.integers(0, 8), taken=st.integers(0, 8))
def test_waiting_entries_are_made_invalid_and_no_others(start: int, count: int, taken: int) -> None:
    memory = ring_memory(8, 16, start)
    ring = SendRing(memory, PLACES, 8)
    ring.put(laid(list(range(1, count + 1))))
    counter(memory, PLACES.consumer)[0] = (start + min(count, taken)) % (1 << 32)
    ring.void()
    entries = memory[PLACES.entries :].view(DESCRIPTOR)
    found = [int(entries["address"][(start + row) % (1 << 32) % 8]) for row in range(count)]
    gone = min(count, taken)
    assert found[:gone] == list(range(1, gone + 1))
    assert all(address >= 1 << 62 for address in found[gone:])


@given(start=STARTS, bursts=st.lists(st.integers(0, 8), max_size=20))
def test_places_are_taken_a_call_after_they_were_seen(start: int, bursts: list[int]) -> None:
    memory = ring_memory(16, 8, start)
    done = DoneRing(memory, PLACES, 16)
    entries = memory[PLACES.entries :].view(np.uint64)
    seen: list[int] = []
    came, number = start, 0
    for burst in bursts:
        new: list[int] = []
        for _ in range(burst):
            entries[came % (1 << 32) % 16] = number
            came, number = came + 1, number + 1
            new.append(number - 1)
        counter(memory, PLACES.producer)[0] = came % (1 << 32)
        assert done.pending == len(seen) + len(new)
        assert done.take().tolist() == seen
        seen = new


def test_all_places_may_be_taken_unseen() -> None:
    memory = ring_memory(16, 8, 7)
    done = DoneRing(memory, PLACES, 16)
    counter(memory, PLACES.producer)[0] = 12
    done.skip()
    assert (done.pending, counter(memory, PLACES.consumer)[0]) == (0, 12)
    assert not len(done.take())


def test_a_ring_is_fed() -> None:
    memory = ring_memory(4, 8)
    feed(memory, PLACES, np.array([4096, 8192, 12288], np.uint64))
    assert memory[PLACES.entries :].view(np.uint64).tolist() == [4096, 8192, 12288, 0]
    assert counter(memory, PLACES.producer)[0] == 3


def places_of(one: Laid) -> tuple[list[int], list[int]]:
    entries = np.frombuffer(one.descriptors, DESCRIPTOR)
    return entries["address"].tolist(), entries["length"].tolist()


@given(
    batches=st.lists(
        st.tuples(
            st.integers(1, 1500), st.sampled_from([14, 58, 64, 65, 78, 128, 1300, CHUNK]), st.booleans()
        ),
        max_size=12,
    )
)
def test_frames_lie_where_their_descriptors_say_and_apart(batches: list[tuple[int, int, bool]]) -> None:
    memory = np.zeros(3 * TRAY, np.uint8)
    trays = Trays(memory)
    held: dict[int, bytes] = {}
    for seed, (count, width, clear) in enumerate(batches):
        batch = frames(count, width, seed)
        one = trays.lay(batch)
        if one is None:
            assert held
            assert all(held_in(held, tray) for tray in range(3))
        else:
            addresses, lengths = places_of(one)
            assert 1 <= one.size <= count
            assert lengths == [width] * one.size
            assert all(at // CHUNK == (at + width - 1) // CHUNK for at in addresses)
            assert {at // TRAY for at in addresses} == {one.tray}
            assert not held.keys() & set(addresses)
            held |= {at: row.tobytes() for at, row in zip(addresses, batch, strict=False)}
        assert all(memory[at : at + len(row)].tobytes() == row for at, row in held.items())
        assert trays.out == len(held)
        if clear and held:
            back = list(held)[::2]
            trays.back(np.array(back, np.uint64))
            for at in back:
                del held[at]


def held_in(held: dict[int, bytes], tray: int) -> bool:
    return any(at // TRAY == tray for at in held)


def test_a_whole_batch_of_short_frames_fits_a_tray() -> None:
    one = Trays(np.zeros(TRAY, np.uint8)).lay(frames(MOST + 9, 58))
    assert one is not None
    assert one.size == MOST


def test_a_tray_is_used_from_its_beginning_again_when_all_is_back() -> None:
    trays = Trays(np.zeros(TRAY, np.uint8))
    first = trays.lay(frames(MOST, 58))
    assert trays.lay(frames(1, 58)) is None
    assert first is not None
    trays.recall(first, 48)
    assert (trays.out, trays.lay(frames(1, 58))) == (MOST - 48, None)
    trays.clear()
    again = trays.lay(frames(1, 900))
    assert again is not None
    assert places_of(again) == ([0], [900])


def test_more_widths_than_are_kept() -> None:
    trays = Trays(np.zeros(TRAY, np.uint8))
    for width in range(60, 140):
        one = trays.lay(frames(2, width))
        assert one is not None
        assert places_of(one)[1] == [width] * 2
        trays.clear()


def test_frames_with_gaps_between_and_in_them() -> None:
    memory = np.zeros(TRAY, np.uint8)
    trays = Trays(memory)
    wide = frames(12, 120)
    for some in (wide[::2, :60], wide[:6, ::2], np.asfortranarray(wide[:6, :60])):
        assert trays.lay(some) is not None
        assert (memory.reshape(-1, 64)[:6, :60] == some).all()
        trays.clear()
