"""The port syntax of -p, and rankings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.data import services_text
from periplus.errors import UsageError
from periplus.space.ports import PortSpec, parse_ports, read_ranking, top_ports
from periplus.space.services import Services

SERVICES = Services(
    "22/tcp ssh\n53/tcp domain\n53/udp domain\n80/tcp http\n80/sctp http\n161/udp snmp\n"
    "443/tcp https\n8080/tcp http-alt\n"
)
EVERY = tuple(range(1, 65536))


def ports(text: str) -> PortSpec:
    return parse_ports(text, SERVICES)


def same(*numbers: int) -> PortSpec:
    return PortSpec(numbers, numbers, numbers)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("22", same(22)),
        ("80,22,22,20-23", same(20, 21, 22, 23, 80)),
        (" 22 , 80 ", same(22, 80)),
        ("22,", same(22)),
        ("-", same(*EVERY)),
        ("-3", same(1, 2, 3)),
        ("65534-", same(65534, 65535)),
        ("0", same(0)),
        ("0-2", same(0, 1, 2)),
        ("0-", same(0, *EVERY)),
        ("000022", same(22)),
        ("T:22", PortSpec(tcp=(22,))),
        ("T:22,23,U:53,S:9", PortSpec((22, 23), (53,), (9,))),
        ("7,T:22,23", PortSpec((7, 22, 23), (7,), (7,))),
        ("u:53,t: 80", PortSpec(tcp=(80,), udp=(53,))),
        ("T:-2,U:-", PortSpec((1, 2), EVERY)),
        ("http", PortSpec(tcp=(80,), sctp=(80,))),
        ("domain", PortSpec((53,), (53,))),
        ("T:domain", PortSpec((53,))),
        ("http*", PortSpec((80, 443, 8080), (), (80,))),
        ("T:HTTP*,22", PortSpec((22, 80, 443, 8080))),
        ("http-alt", PortSpec((8080,))),
        ("s?h", PortSpec((22,))),
        ("[-]", PortSpec((22, 53, 80, 443, 8080), (53, 161), (80,))),
        ("[20-80]", PortSpec((22, 53, 80), (53,), (80,))),
        ("[22,400-]", PortSpec((22, 443, 8080))),
        ("T:[-100],7", PortSpec((7, 22, 53, 80))),
        ("U:[-100],T:[ 22 , 23 ],24", PortSpec((22, 24), (53,))),
    ],
)
def test_meanings(text: str, spec: PortSpec) -> None:
    assert ports(text) == spec


@pytest.mark.parametrize(
    ("text", "token", "reason"),
    [
        ("", "", "no port is given"),
        ("  ", "  ", "no port is given"),
        (",", "", "an entry is empty"),
        ("22,,80", "", "an entry is empty"),
        ("22,T:", "T:", "an entry is empty"),
        ("22,65536", "65536", "65536 is over 65535"),
        ("1-99999999999999999999999", "1-99999999999999999999999", "is over 65535"),
        ("80-22", "80-22", "ends before it begins"),
        ("-0", "-0", "ends before it begins"),
        ("htp", "htp", "no service with such a name"),
        ("T:snmp", "T:snmp", "no service with such a name is known over TCP"),
        ("zz*", "zz*", "no service with such a name"),
        ("22.5", "22.5", "neither a port"),
        ("1-2-3", "1-2-3", "neither a port"),
        ("22 80", "22 80", "neither a port"),
        ("+5", "+5", "neither a port"),
        ("²", "²", "neither a port"),
        ("X:22", "X:22", "prefixes are T: (TCP), U: (UDP) and S: (SCTP)"),
        ("[22", "[22", "is not closed"),
        ("[22]x,5", "[22]x", "is not closed at the end"),
        ("[http]", "[http]", "not names"),
        ("[]", "[]", "an entry is empty"),
        ("[5-x]", "[5-x]", "not names"),
    ],
)
def test_errors_name_the_entry_and_the_reason(text: str, token: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        ports(text)
    assert str(error.value).startswith(f'port "{token}": ')
    assert reason in str(error.value)


@given(st.text(alphabet="0123456789-,TUS:[]htp*? x", max_size=20))
def test_any_text_gives_ports_or_one_line(text: str) -> None:
    try:
        spec = ports(text)
    except UsageError as error:
        message = str(error)
        assert message.isprintable()
    else:
        for column in (spec.tcp, spec.udp, spec.sctp):
            assert list(column) == sorted({port for port in column if 0 <= port <= 65535})


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted), min_size=1, max_size=5))
def test_ranges_equal_the_twin(spans: list[list[int]]) -> None:
    text = ",".join(f"{first}-{last}" for first, last in spans)
    assert ports(text) == same(*sorted({p for first, last in spans for p in range(first, last + 1)}))


def test_real_names() -> None:
    spec = parse_ports("ssh,http*,T:ms-wbt-server", Services(services_text()))
    assert {22, 80, 443, 591, 8080, 3389} <= set(spec.tcp)
    assert 3389 not in spec.udp


def test_without_is_by_protocol() -> None:
    left = PortSpec((1, 2, 3), (1, 2), (5,)).without(PortSpec((2,), (1, 9)))
    assert left == PortSpec((1, 3), (2,), (5,))


RANKING = "# first\n443 80  # web\n\n5-7 22\n"


def test_rankings_hold_numbers_ranges_and_comments() -> None:
    assert read_ranking(RANKING) == [443, 80, 5, 6, 7, 22]


def test_top_ports_are_ascending() -> None:
    assert top_ports(1, RANKING) == (443,)
    assert top_ports(4, RANKING) == (5, 6, 80, 443)
    assert top_ports(6, RANKING) == (5, 6, 7, 22, 80, 443)


@pytest.mark.parametrize("n", [0, -1, 7])
def test_top_ports_beyond_the_ranking(n: int) -> None:
    with pytest.raises(UsageError, match=f"top ports {n}: the ranking holds 6 ports"):
        top_ports(n, RANKING)
