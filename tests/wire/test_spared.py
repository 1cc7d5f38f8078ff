"""What fragile ports get, over every kind of probe: never data that was not meant for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import I64, U8
from periplus.scan.payloads import udp_probe
from periplus.space.address import Addresses
from periplus.space.fragile import FRAGILE, spared
from periplus.space.ip import parse_ip
from periplus.technique.catalogue import by_name
from periplus.wire.fragment import maker_for
from periplus.wire.headers import PROTOCOL_UDP
from periplus.wire.lane import Lane, Link
from periplus.wire.question import Probe, Questions
from periplus.wire.shape import PLAIN, Shape
from periplus.wire.spared import SparingMaker

LANE = Lane(1, "eth0", Link.ETHERNET, parse_ip("198.18.0.1"), b"\2\0\0\0\0\1", 1500)
DATA = b"Z" * 32
OTHERS = (1, 22, 80, 9099, 9108, 50_000)
PROBES = ("syn", "fin", "ack", "udp", "sctp-init", "sctp-cookie")


def _questions(ports: list[int]) -> Questions:
    n = len(ports)
    them = Addresses.of_ints([parse_ip("198.18.0.2")] * n)
    none = np.zeros(n, np.uint16)
    return Questions(
        them,
        np.array(ports, np.uint16),
        none,
        np.arange(n, dtype=np.uint32),
        none,
        np.zeros((n, 6), np.uint8),
    )


def _frames(probe: Probe, ports: list[int], shape: Shape) -> dict[int, bytes]:
    made = maker_for(probe, LANE, shape).make(_questions(ports))
    return {
        ports[row]: each.tobytes() for frames, rows in made for each, row in zip(frames, rows, strict=True)
    }


def _probe(name: str, named: tuple[int, ...] = ()) -> Probe:
    probe = by_name(name).probe
    assert probe is not None
    return udp_probe(named) if probe.protocol == PROTOCOL_UDP else probe


@pytest.mark.parametrize("name", PROBES)
def test_no_fragile_port_gets_data_and_all_others_do(name: str) -> None:
    ports = [*sorted(FRAGILE), *OTHERS]
    shaped = _frames(_probe(name), ports, Shape(data=DATA, spared=spared()))
    assert set(shaped) == set(ports)
    bare = _frames(by_name(name).probe or _probe(name), ports, PLAIN)  # UDP's is an empty datagram then
    assert {port for port in FRAGILE if shaped[port] != bare[port]} == set()
    assert all(DATA in shaped[port] for port in OTHERS)


@pytest.mark.parametrize("name", PROBES)
def test_a_fragile_port_that_was_named_gets_it(name: str) -> None:
    shape = Shape(data=DATA, spared=spared((502, 47_808)))
    shaped = _frames(_probe(name, (502, 47_808)), [502, 789, 47_808], shape)
    assert {port for port, frame in shaped.items() if DATA in frame} == {502, 47_808}


class _Noting:
    """A maker whose frames are the numbers of its questions."""

    def __init__(self, mark: int) -> None:
        self.mark = mark

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        frames = np.full((len(questions), 1), self.mark, np.uint8)
        return [(frames[::2], np.arange(0, len(frames), 2)), (frames[1::2], np.arange(1, len(frames), 2))]


@given(st.lists(st.integers(0, 65_535), max_size=30), st.sets(st.integers(0, 65_535)))
def test_each_question_goes_to_its_maker_once(ports: list[int], bare: set[int]) -> None:
    maker = SparingMaker(_Noting(1), _Noting(2), bare)
    marks: dict[int, int] = {}
    for frames, rows in maker.make(_questions(ports)):
        for mark, row in zip(frames[:, 0].tolist(), rows.tolist(), strict=True):
            assert row not in marks
            marks[row] = mark
    assert marks == {row: 2 if port in bare else 1 for row, port in enumerate(ports)}
