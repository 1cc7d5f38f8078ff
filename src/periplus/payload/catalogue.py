"""Which payloads there are: those of every module here that defines ``PAYLOADS``. No list is kept by hand."""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator

import periplus.payload
from periplus.payload.model import Payload

__all__ = ["by_port", "payloads"]


def payloads() -> Iterator[Payload]:
    """Yield every payload, in the order of the services' names."""
    found: list[Payload] = []
    for module in pkgutil.iter_modules(periplus.payload.__path__, "periplus.payload."):
        found += getattr(importlib.import_module(module.name), "PAYLOADS", ())
    yield from sorted(found, key=lambda payload: payload.service)


def by_port(careful: bool) -> dict[int, tuple[Payload, ...]]:
    """Return what to send to each port; without `careful`, nothing that fragile equipment would get."""
    at: defaultdict[int, list[Payload]] = defaultdict(list)
    for payload in payloads():
        if careful or not payload.careful:
            for port in payload.ports:
                at[port].append(payload)
    return {port: tuple(at[port]) for port in sorted(at)}
