"""Which techniques there are: every module of this package that defines ``TECHNIQUE``. No list is kept by hand."""

import importlib
import pkgutil
from collections.abc import Iterator

import periplus.technique
from periplus.technique.model import Technique

__all__ = ["by_name", "techniques"]


def techniques() -> Iterator[Technique]:
    """Yield every technique, in the order of their names."""
    modules = pkgutil.iter_modules(periplus.technique.__path__, "periplus.technique.")
    found = (getattr(importlib.import_module(module.name), "TECHNIQUE", None) for module in modules)
    yield from sorted((each for each in found if isinstance(each, Technique)), key=lambda each: each.name)


def by_name(name: str) -> Technique:
    """Return one technique; KeyError when there is none of that name."""
    return {technique.name: technique for technique in techniques()}[name]
