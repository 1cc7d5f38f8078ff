"""Names of ports; the slow twin reads the table line by line."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.data import services_text
from periplus.space.services import FEW, PROTOCOLS, Services

TABLE = (
    "# a comment 22/tcp no\n7/tcp echo\n22/tcp ssh\n80/tcp http\n80/udp http\n"
    "443/tcp https\n8080/tcp http-alt\n"
)
SMALL = Services(TABLE)
FULL = Services(services_text())
ROWS = [line.replace("/", " ").split() for line in services_text().splitlines() if not line.startswith("#")]


def twin_ports(wildcard: str, proto: str) -> tuple[int, ...]:
    return tuple(int(port) for port, p, name in ROWS if p == proto and fnmatch.fnmatchcase(name, wildcard))


def test_name() -> None:
    assert SMALL.name(22, "tcp") == "ssh"
    assert SMALL.name(8080, "tcp") == "http-alt"
    assert SMALL.name(22, "udp") is None
    assert SMALL.name(2, "tcp") is None


def test_a_table_without_final_line_break() -> None:
    assert Services("22/tcp ssh").name(22, "tcp") == "ssh"
    assert Services("").name(22, "tcp") is None


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, 65536])
def test_names_of_few_and_of_many(count: int) -> None:
    truth = {int(port): name for port, proto, name in ROWS if proto == "udp" and int(port) < count}
    assert FULL.names(range(count), "udp") == truth


@pytest.mark.parametrize(
    ("wanted", "ports"),
    [
        ("http", (80,)),
        ("HTTP*", (80, 443, 8080)),
        ("http?", (443,)),
        ("*", (7, 22, 80, 443, 8080)),
        ("h*p", (80,)),
        ("tt", ()),
        ("http.alt", ()),
        ("s", ()),
        ("", ()),
    ],
)
def test_ports_by_name_and_wildcard(wanted: str, ports: tuple[int, ...]) -> None:
    assert SMALL.ports(wanted, "tcp") == ports


@given(st.text("htpsm-*?", min_size=1, max_size=8), st.sampled_from(PROTOCOLS))
def test_wildcards_equal_the_twin(wildcard: str, proto: str) -> None:
    assert FULL.ports(wildcard, proto) == twin_ports(wildcard, proto)


def test_known() -> None:
    assert SMALL.known("tcp") == (7, 22, 80, 443, 8080)
    assert SMALL.known("sctp") == ()
    assert len(FULL.known("tcp")) > 5000


def test_nothing_is_parsed_before_it_must_be() -> None:
    services = Services(services_text())
    assert services.name(22, "tcp") == "ssh"
    assert "_all" not in vars(services)
    assert services.names(range(1000), "tcp")[443] == "https"  # for this many a table pays
    assert "_all" in vars(services)
