"""Scope files: what each key means, and one line for every mistake."""

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.space.scopes import FILE, SERVICES, scope, written, zone_of
from tests.wire.twins import number

from periplus.errors import UsageError
from periplus.space.scopefile import KEYS, scope_of

WHOLE = """\
networks = ["198.18.0.0/24", "2001:db8::/120", "198.18.1,3.1-9"]
excluded = ["198.18.0.13"]
ports = "1-1024,U:53,5353"
hours = "22:00-06:00"
timezone = "Europe/Berlin"
max_rate = 500
expires = 2027-01-31
contact = "soc@host.example"
name = "Berlin office"
note = "Ticket 4711"
"""


def test_every_key() -> None:
    rules = written(WHOLE)
    assert set(re.findall(r"^\w+", WHOLE, re.MULTILINE)) == set(KEYS)
    assert [entry.text for entry in rules.networks] == ["198.18.0.0/24", "2001:db8::/120", "198.18.1,3.1-9"]
    assert rules.space.size == 255 + 256 + 18
    assert number("198.18.3.9") in rules.space
    assert rules.ports is not None
    assert (rules.ports.tcp, rules.ports.udp[-1], rules.ports.sctp) == (
        tuple(range(1, 1025)),
        5353,
        tuple(range(1, 1025)),
    )
    assert rules.hours is not None
    assert (rules.hours.begin, rules.hours.end, rules.zone_name) == (22 * 60, 6 * 60, "Europe/Berlin")
    assert (rules.max_rate, rules.contact, rules.name, rules.note) == (
        500.0,
        "soc@host.example",
        "Berlin office",
        "Ticket 4711",
    )
    assert rules.expires is not None
    assert rules.expires.astimezone(UTC) == datetime(2027, 1, 31, 23, tzinfo=UTC)  # the day's end in Berlin


def test_only_networks_must_be_there() -> None:
    rules = written('networks = ["198.18.0.7"]')
    assert (rules.ports, rules.hours, rules.max_rate, rules.contact, rules.expires) == (
        None,
        None,
        0.0,
        None,
        None,
    )
    assert (rules.excluded, rules.zone, rules.zone_name, rules.file) == ((), UTC, "UTC", FILE)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
        ("2027-01-31T12:00:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_when_it_expires(text: str, end: datetime) -> None:
    assert written(f'networks = ["198.18.0.7"]\nexpires = {text}').expires == end


@pytest.mark.parametrize("hours", ["0:00-24:00", "00:00-24:00", " 8:30 - 17:00 ", "23:59-00:00"])
def test_hours_that_are_right(hours: str) -> None:
    made = scope(hours=hours).hours
    assert made is not None
    assert made.text == hours.strip()


MISTAKES = [
    ({"networks": []}, "networks: it is empty, so nothing may be scanned"),
    (
        {"networks": "198.18.0.0/24"},
        'networks: a list of texts is wanted, as in ["198.18.0.0/24"], this is a text',
    ),
    ({"networks": [7]}, "networks: a text in quotes is wanted, this is a number"),
    ({"networks": ["host.example"]}, 'networks: "host.example" is a name; what a name means may change, so'),
    ({"networks": ["198.18.0.7:80"]}, 'networks: "198.18.0.7:80" has a port, which belongs into ports'),
    ({"networks": ["198.18.0.0/33"]}, 'networks: target "198.18.0.0/33": prefix length /33 is over 32'),
    (
        {"networks": ["198.18.0.0/31"], "excluded": ["198.18.0.0/24"]},
        "networks: nothing is left of it: excluded takes all",
    ),
    ({"excluded": ["a.example"]}, 'excluded: "a.example" is a name;'),
    ({"excluded": {}}, 'excluded: a list of texts is wanted, as in ["198.18.0.0/24"], this is a table'),
    ({"ports": 80}, "ports: a text in quotes is wanted, this is a number"),
    ({"ports": ""}, "ports: it is empty; leave the key away if there is nothing to say"),
    ({"ports": "70000"}, 'ports: port "70000": 70000 is over 65535'),
    ({"hours": "22-6"}, 'hours: "22-6" is no stretch of the day, as in 22:00-06:00'),
    ({"hours": "25:00-06:00"}, "hours: 25:00 is no time of day"),
    ({"hours": "22:60-06:00"}, "hours: 22:60 is no time of day"),
    ({"hours": "24:00-06:00"}, 'hours: "24:00-06:00": a day begins at 00:00'),
    ({"hours": "06:00-06:00"}, 'hours: "06:00-06:00" ends where it begins; for all day leave hours away'),
    ({"timezone": "Mars/Olympus"}, "timezone: no zone Mars/Olympus"),
    ({"max_rate": "500"}, "max_rate: a number of packets a second is wanted, this is a text"),
    ({"max_rate": True}, "max_rate: a number of packets a second is wanted, this is a boolean"),
    ({"max_rate": 0}, "max_rate: it is not a rate over 0 and under a thousand million"),
    ({"max_rate": 10**400}, "max_rate: it is not a rate over 0"),
    ({"max_rate": float("nan")}, "max_rate: it is not a rate"),
    ({"max_rate": float("inf")}, "max_rate: it is not a rate"),
    ({"expires": "2027-01-31"}, "expires: a date without quotes is wanted, as in 2027-01-31, this is a text"),
    ({"contact": ["a", "b"]}, "contact: a text in quotes is wanted, this is a list"),
    ({"network": ["198.18.0.0/24"]}, '"network" is no key of a scope; there are networks, excluded, ports,'),
]


@pytest.mark.parametrize(("keys", "line"), MISTAKES, ids=[line for _, line in MISTAKES])
def test_mistakes(keys: dict[str, object], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        scope(**keys)
    assert str(caught.value).startswith(f"scope {FILE}: {line}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "networks: it is missing, and says what may be scanned"),
        ("expires = 07:00:00", "expires: a date without quotes is wanted, as in 2027-01-31, this is a time"),
        (
            'networks = ["198.18.0.7"]\nexpires = 9999-12-31',
            "expires: 9999-12-31 is beyond the calendar; leave the key away for no end",
        ),
    ],
)
def test_mistakes_of_a_file(text: str, line: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(f'scope {FILE}: {line}')}$"):
        written(text)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.dates()
    | st.datetimes()
    | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES), st.booleans())
def test_nothing_is_raised_but_usage_errors(document: dict[str, object], with_networks: bool) -> None:
    if with_networks:
        document["networks"] = ["198.18.0.0/24"]
    with suppress(UsageError):
        scope_of(document, FILE, SERVICES, zone_of)
