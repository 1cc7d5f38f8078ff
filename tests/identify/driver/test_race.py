"""Races: the first True ends them, the order is kept, nothing is left behind."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from periplus.identify.driver.race import first_true


def test_the_first_true_ends_it_and_the_others_are_cancelled() -> None:
    told: list[str] = []

    async def slow() -> bool:
        try:
            await asyncio.sleep(60)
        finally:
            told.append("cancelled")
        return False

    async def quick() -> bool:
        return True

    async def never() -> bool:
        told.append("begun")
        return True

    assert asyncio.run(first_true((slow(), quick(), never()), 2))
    assert told == ["cancelled"]


def test_none_is_true() -> None:
    async def no() -> bool:
        return False

    assert not asyncio.run(first_true((no() for _ in range(5)), 2))
    assert not asyncio.run(first_true((), 2))


def test_work_is_drawn_when_there_is_room() -> None:
    ended: list[int] = []
    drawn: list[int] = []

    async def one(number: int) -> bool:
        ended.append(number)
        return number == 2

    def work() -> Iterator[Coroutine[Any, Any, bool]]:
        for number in range(9):
            drawn.append(len(ended))
            yield one(number)

    assert asyncio.run(first_true(work(), 1))
    assert drawn[:3] == [0, 1, 2]
