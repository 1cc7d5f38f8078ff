from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from tests.scan.runs import config_of, space_of

from periplus.scan.config import Work
from periplus.technique.syn import TECHNIQUE


@pytest.mark.parametrize("name", ["seed", "works", "timing"])
def test_a_configuration_cannot_be_changed(name: str) -> None:
    config = config_of(space_of(["198.18.0.2"], [22]))
    with pytest.raises(FrozenInstanceError):
        setattr(config, name, None)


def test_by_default_silent_hosts_are_neither_assumed_up_nor_told() -> None:
    config = config_of(space_of(["198.18.0.2"], [22]))
    assert (config.assume_up, config.tell_down, config.names) == (False, False, ())


@pytest.mark.parametrize(
    ("hosts", "families"),
    [(["198.18.0.2"], (4,)), (["2001:db8::2"], (6,)), (["2001:db8::2", "198.18.0.2"], (4, 6))],
)
def test_the_families_of_the_targets(hosts: list[str], families: tuple[int, ...]) -> None:
    assert config_of(space_of(hosts, [22])).families == families


def test_urgent_ports_are_marked_among_all() -> None:
    work = Work(TECHNIQUE, space_of(["198.18.0.2"], [22]), frozenset({0, 53, 65_535}))
    mask = work.urgent_mask
    assert mask is not None
    assert (len(mask), np.flatnonzero(mask).tolist()) == (65_536, [0, 53, 65_535])
    assert Work(TECHNIQUE, work.space).urgent_mask is None
