"""What a scope's file says, key by key: a TOML document, already parsed, becomes a `Scope`.

    networks = ["198.18.0.0/24", "2001:db8::/120"]   # the target syntax, without names and ports; the only must
    excluded = ["198.18.0.13"]
    ports    = "1-1024,U:53"          # the port syntax; without it all ports
    hours    = "22:00-06:00"          # may go past midnight
    timezone = "Europe/Berlin"        # of hours and expires; without it UTC
    max_rate = 500                    # packets a second, all techniques together
    expires  = 2027-01-31             # a date counts to its end; or a date and time
    contact  = "soc@host.example"
    name     = "Berlin office"
    note     = "Ticket 4711"

Strict: a key that is not one of these is an error, since it may be a rule with a typing mistake in it. Errors are
UsageErrors in one line that name the file, the key and what is wrong.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from periplus.errors import UsageError
from periplus.space.ports import PortSpec, parse_ports
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace
from periplus.space.scope import DAY, Entry, Hours, Scope
from periplus.space.services import Services
from periplus.space.targets import parse_target

__all__ = ["KEYS", "parse_hours", "scope_of"]

KEYS = (
    "networks",
    "excluded",
    "ports",
    "hours",
    "timezone",
    "max_rate",
    "expires",
    "contact",
    "name",
    "note",
)
HIGHEST_RATE = 1e9
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)

ZoneOf = Callable[[str], tzinfo]


def scope_of(document: Mapping[str, Any], file: str, services: Services, zone_of: ZoneOf) -> Scope:
    """Return what the document means. `zone_of` knows time zones by name and raises ValueError for others."""
    unknown = next((key for key in document if key not in KEYS), None)
    if unknown is not None:
        raise UsageError(f"scope {file}: {quoted(unknown)} is no key of a scope; there are {', '.join(KEYS)}")
    key = ""
    read: dict[str, Any] = {}
    try:
        for key in KEYS:
            if key in document:
                read[key] = _value(key, document[key], services, zone_of)
        key = "networks"
        _check_networks(read)
        key = "expires"
        zone: tzinfo = read.get("timezone", UTC)
        end = _end(read["expires"], zone) if "expires" in read else None
    except (ValueError, UsageError) as error:
        raise UsageError(f"scope {file}: {key}: {error}") from None
    return Scope(
        file=file,
        networks=read["networks"],
        excluded=read.get("excluded", ()),
        ports=read.get("ports"),
        hours=read.get("hours"),
        zone=zone,
        zone_name=document.get("timezone", "UTC"),
        max_rate=read.get("max_rate", 0.0),
        contact=read.get("contact"),
        expires=end,
        expires_text=str(document.get("expires", "")),
        name=read.get("name"),
        note=read.get("note"),
    )


def _value(key: str, value: object, services: Services, zone_of: ZoneOf) -> object:
    """The value of one key; ValueError or UsageError says what is wrong with it."""
    if key in {"networks", "excluded"}:
        return _entries(value)
    if key == "max_rate":
        return _rate(value)
    if key == "expires":
        return _moment(value)
    text = _text(value)
    if key == "timezone":
        return zone_of(text)
    if key == "ports":
        return _ports(text, services)
    return parse_hours(text) if key == "hours" else text


def _check_networks(read: dict[str, Any]) -> None:
    entries = read.get("networks")
    if entries is None:
        raise ValueError("it is missing, and says what may be scanned")
    if not entries:
        raise ValueError("it is empty, so nothing may be scanned")
    excluded = AddressSpace.union(entry.space for entry in read.get("excluded", ()))
    if not AddressSpace.union(entry.space for entry in entries) - excluded:
        raise ValueError("nothing is left of it: excluded takes all")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"a text in quotes is wanted, this is {_kind(value)}")
    if not value.strip():
        raise ValueError("it is empty; leave the key away if there is nothing to say")
    return value


def _entries(value: object) -> tuple[Entry, ...]:
    if not isinstance(value, list):
        raise UsageError(f'a list of texts is wanted, as in ["198.18.0.0/24"], this is {_kind(value)}')
    return tuple(_entry(_text(each)) for each in value)


def _entry(text: str) -> Entry:
    target = parse_target(text)
    if target.name is not None:
        raise ValueError(f"{quoted(text)} is a name; what a name means may change, so addresses are wanted")
    if target.port is not None:
        raise ValueError(f"{quoted(text)} has a port, which belongs into ports")
    return Entry(text, AddressSpace.of(target.spans))


def _ports(text: str, services: Services) -> PortSpec:
    return parse_ports(text, services)


def parse_hours(text: str) -> Hours:
    """Read a stretch of the day, ``22:00-06:00``; ValueError says what is wrong with it."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{quoted(text)} is no stretch of the day, as in 22:00-06:00")
    begin, end = _minute(match[1], match[2]), _minute(match[3], match[4])
    if begin == DAY:
        raise ValueError(f"{quoted(text)}: a day begins at 00:00")
    if begin == end:
        raise ValueError(
            f"{quoted(text)} ends where it begins; for all day leave hours away, or say 00:00-24:00"
        )
    return Hours(text.strip(), begin, end)


def _minute(hour: str, minute: str) -> int:
    since_midnight = int(hour) * 60 + int(minute)
    if int(minute) > 59 or since_midnight > DAY:
        raise ValueError(f"{hour}:{minute} is no time of day")
    return since_midnight


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"a number of packets a second is wanted, this is {_kind(value)}")
    if not 0 < value < HIGHEST_RATE:
        raise ValueError("it is not a rate over 0 and under a thousand million")
    return float(value)


def _moment(value: object) -> date:
    if not isinstance(value, date):
        raise UsageError(f"a date without quotes is wanted, as in 2027-01-31, this is {_kind(value)}")
    return value


def _end(expires: date, zone: tzinfo) -> datetime:
    """The first moment that is too late; ValueError when the calendar does not reach so far."""
    if isinstance(expires, datetime):
        return expires if expires.tzinfo else expires.replace(tzinfo=zone)
    try:
        return datetime.combine(expires + timedelta(days=1), time(), zone)
    except OverflowError:
        raise ValueError(f"{expires} is beyond the calendar; leave the key away for no end") from None


def _kind(value: object) -> str:
    """What TOML calls a value of this type."""
    names: dict[type, str] = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
        datetime: "a date and time",
        date: "a date",
        time: "a time",
    }
    return names.get(type(value), "something else")
