"""The guard lets results through and turns mistakes into one line; what cancels passes."""

import asyncio

import pytest

from periplus.identify.driver.guard import guarded


async def result() -> str:
    return "result"


async def mistake() -> str:
    raise KeyError("lost")


async def cancelled() -> str:
    raise asyncio.CancelledError


def test_results_and_mistakes() -> None:
    assert asyncio.run(guarded(result(), str)) == "result"
    assert asyncio.run(guarded(mistake(), str)) == "a mistake of ours: KeyError: 'lost'"


def test_what_cancels_passes() -> None:
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(guarded(cancelled(), str))
