"""Targets by their addresses alone (-sL): what would be scanned, without a packet to it."""

from collections.abc import Iterable, Iterator

import numpy as np

from periplus.result.row import HostReport
from periplus.space.course import Course
from periplus.space.ranges import AddressSpace
from periplus.technique.verdict import Reason

__all__ = ["listed"]

AT_ONCE = 4096


def listed(
    hosts: AddressSpace, names: Iterable[tuple[str, int]], now_s: float, course: Course | None = None
) -> Iterator[HostReport]:
    """Yield a report of every address, ascending; `names` are those that targets were given by.

    With a `course` only of those that are on it.
    """
    given: dict[int, list[tuple[str, str]]] = {}
    for name, address in names:
        given.setdefault(address, []).append((name, "user"))
    for first in range(0, hosts.size, AT_ONCE):
        some = hosts.at(np.arange(first, min(first + AT_ONCE, hosts.size)))
        if course is not None:
            some = some[course.position_of(some) >= 0]
        for addr, number in zip(some.text(), some.ints(), strict=True):
            known = tuple(given.get(number, ()))
            yield HostReport(addr, False, Reason.USER_SET, (), now_s, now_s, names=known, listed=True)
