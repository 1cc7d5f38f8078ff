"""Scopes for tests, from what would stand in a file."""

import tomllib
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from periplus.data import services_text
from periplus.space.scope import Scope
from periplus.space.scopefile import scope_of
from periplus.space.services import Services

FILE = "lab.toml"
SERVICES = Services(services_text())


def zone_of(name: str) -> tzinfo:
    """UTC and Berlin are known."""
    if name not in {"UTC", "Europe/Berlin"}:
        raise ValueError(f"no zone {name}")
    return ZoneInfo(name) if name != "UTC" else UTC


def scope(**keys: Any) -> Scope:
    """A scope of these keys; without networks it has 198.18.0.0/24 and 2001:db8::/120."""
    document = {"networks": ["198.18.0.0/24", "2001:db8::/120"], **keys}
    return scope_of(document, FILE, SERVICES, zone_of)


def written(text: str) -> Scope:
    """The scope of a file's text."""
    return scope_of(tomllib.loads(text), FILE, SERVICES, zone_of)
