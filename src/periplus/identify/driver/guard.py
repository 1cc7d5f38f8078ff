"""The one place that catches whatever is raised: a mistake of ours about one peer costs one row, not the run."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["guarded"]

T = TypeVar("T")


async def guarded(work: Awaitable[T], otherwise: Callable[[str], T]) -> T:
    """Return what the work gives, or what `otherwise` makes of the mistake, told in one line."""
    try:
        return await work
    except Exception as error:
        return otherwise(f"a mistake of ours: {type(error).__name__}: {error}")
