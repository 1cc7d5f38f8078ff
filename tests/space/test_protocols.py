"""The syntax of protocols."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.data import protocols_text, services_text
from periplus.errors import UsageError
from periplus.space.protocols import ALL_PROTOCOLS, parse_protocols
from periplus.space.services import Services

NAMES = Services(services_text() + protocols_text())

GOOD = {
    "6": (6,),
    "tcp,udp": (6, 17),
    "TCP": (6,),
    "1-3,2,esp": (1, 2, 3, 50),
    "-5": tuple(range(6)),
    "250-": tuple(range(250, 256)),
    "-": ALL_PROTOCOLS,
    "P:6, P: gre": (6, 47),
    "ipv6-n*": (59,),
    "igmp,sctp,ospf,": (2, 89, 132),
    "0": (0,),
    "007": (7,),
}
BAD = {
    "": "no protocol is given",
    "256": "256 is over 255",
    "300-": "300 is over 255",
    "9-3": "ends before it begins",
    "nothing-like-it": "name of a known protocol",
    "6,,17": "an entry is empty",
    "T:80": "the prefix here is P:",
    "http": "name of a known protocol",
}


@pytest.mark.parametrize("text", GOOD)
def test_what_is_meant(text: str) -> None:
    assert parse_protocols(text, NAMES) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_told_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=BAD[text]) as error:
        parse_protocols(text, NAMES)
    assert "\n" not in str(error.value)


@given(st.text(max_size=20))
def test_whatever_is_written_gives_protocols_or_a_usage_error(text: str) -> None:
    try:
        found = parse_protocols(text, NAMES)
    except UsageError:
        return
    assert set(found) <= set(ALL_PROTOCOLS)
    assert list(found) == sorted(set(found))


def test_names_are_known_by_number() -> None:
    assert NAMES.names([1, 6, 17, 58, 89, 147], "ip") == {
        1: "icmp",
        6: "tcp",
        17: "udp",
        58: "ipv6-icmp",
        89: "ospf",
    }
    assert NAMES.name(6, "tcp") is None
