"""Several questions at once, of which one answer is enough."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

__all__ = ["first_true"]


async def first_true(work: Iterable[Coroutine[Any, Any, bool]], at_once: int) -> bool:
    """Run so many at once, in their order, until one gives True; the others are cancelled, what waits is never begun.

    `work` is read as room comes up, so what is drawn late sees what came of the early ones.
    """
    waiting = iter(work)
    running: set[asyncio.Task[bool]] = set()
    try:
        while True:
            while len(running) < at_once and (one := next(waiting, None)) is not None:
                running.add(asyncio.create_task(one))
            if not running:
                return False
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if any(task.result() for task in done):
                return True
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for one in waiting:
            one.close()
