"""Routers that answer in a target's stead are kept by number, once each."""

import numpy as np
from tests.engine.test_remains import answered, group_of

from periplus.space.ip import parse_ip
from periplus.technique.signal import icmp_signal

REJECTED = icmp_signal(4, 3, 13, False)


def test_each_router_has_one_number_and_the_target_none() -> None:
    group = group_of([6], 2)
    probes = group.take(np.array([6]), np.array([0]), 1_000)
    first, second = parse_ip("198.18.9.1"), parse_ip("198.18.9.2")
    for cell, sender in zip(probes.cell, (first, second, first, None, second, first), strict=True):
        answered(group, np.array([cell]), REJECTED, sender)
    numbers = group.cells.sender[probes.cell].tolist()
    assert numbers == [1, 2, 1, 0, 2, 1]
    assert group.routers == [0, first, second]
