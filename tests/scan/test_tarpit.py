"""The judgement, case by case: what the controls meet, what is real among the rest, and how it is told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.examples import columns, host, tarpit_host

from periplus.result.row import Crowded
from periplus.scan.tarpit import MANY_HOSTS, Judgement, Networks, judge, note, tarpit
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.technique.verdict import Reason, State
from periplus.transport.ask import Answer, Met

SSH, HTTP, SORRY = b"SSH-2.0-OpenSSH_9.2", b"HTTP/1.1 400 Bad Request", b"421 later"


def met(*each: Met | bytes) -> list[Answer]:
    """Answers; bytes are what was said."""
    return [
        Answer(row, Met.SAID, one) if isinstance(one, bytes) else Answer(row, one)
        for row, one in enumerate(each)
    ]


def by_port(**ports: Met | bytes) -> dict[int, Answer]:
    """Answers by port, as ``p22=SSH``."""
    return {int(name[1:]): answer for name, answer in zip(ports, met(*ports.values()), strict=True)}


@pytest.mark.parametrize(
    "controls",
    [
        [Met.NOBODY] * 4,
        [Met.SILENT, Met.NOBODY, Met.NOBODY, Met.NOBODY],  # a port of the user's own
        [SSH, Met.CLOSING, Met.NOBODY, Met.NOBODY],
        [Met.DEAF] * 2,  # too few to tell
        [],
    ],
)
def test_where_unused_ports_refuse_the_open_ones_are_real(controls: list[Met | bytes]) -> None:
    assert judge(met(*controls), by_port(p22=SSH, p2001=Met.CLOSING)) is None


@pytest.mark.parametrize(
    ("controls", "kind", "real"),
    [
        ([Met.DEAF] * 4, "deaf", {22, 80, 443, 445}),
        ([Met.DEAF, Met.DEAF, Met.DEAF, Met.NOBODY], "deaf", {22, 80, 443, 445}),  # one answer was lost
        ([Met.SILENT] * 4, "silent", {22, 80}),
        ([Met.CLOSING] * 4, "closing", {22, 80}),
        ([SORRY] * 4, "answering", {22, 80}),
        ([SSH] * 4, "answering", {80}),  # the same as 22 says
        ([SSH, HTTP, SORRY, b"x"], "answering", set()),  # a honeypot says something else on every port
        ([Met.DEAF, Met.DEAF, Met.DEAF, Met.SILENT], "deaf", {22, 80}),
    ],
)
def test_what_does_more_than_unused_ports_is_real(
    controls: list[Met | bytes], kind: str, real: set[int]
) -> None:
    crowd = by_port(**{f"p{port}": controls[0] for port in range(5000, 5020)})
    asked = crowd | by_port(p22=SSH, p80=HTTP, p443=Met.SILENT, p445=Met.CLOSING, p9=Met.NOBODY)
    judgement = judge(met(*controls), asked)
    assert judgement is not None
    assert (judgement.kind, set(judgement.real)) == (kind, real)
    assert judgement.taken == sum(each != Met.NOBODY for each in controls)
    assert judgement.alike >= 20


ANSWERS = st.one_of(st.sampled_from(Met).filter(lambda each: each != Met.SAID), st.sampled_from([SSH, SORRY]))


@given(st.lists(ANSWERS, max_size=4), st.dictionaries(st.integers(1, 65_535), ANSWERS, max_size=12))
def test_no_port_that_does_as_an_unused_one_is_real(
    controls: list[Met | bytes], ports: dict[int, Met | bytes]
) -> None:
    asked = by_port(**{f"p{port}": one for port, one in ports.items()})
    judgement = judge(met(*controls), asked)
    if judgement is not None:
        assert all(ports[port] not in controls for port in judgement.real)
        assert all(ports[port] != Met.NOBODY for port in judgement.real)
        assert judgement.alike <= len(ports) - len(judgement.real)


FOUND = Judgement("silent", frozenset({22}), alike=8, taken=4)
OPEN = [(port, State.OPEN, Reason.SYN_ACK) for port in range(1, 101)]


def test_a_tarpit_is_its_crowd_without_what_is_real() -> None:
    part = replace(columns([*OPEN, (200, State.CLOSED, Reason.RESET)]), windows=(1024, 1024))
    found = tarpit(part, part.state == State.OPEN, FOUND, asked=9, controls=4)
    assert found.ports.tolist() == [port for port in range(1, 101) if port != 22]
    assert (found.probed, found.ttl, found.window) == (101, 64, 1024)
    assert note(found) == (
        "99 of 101 tcp ports accept connections, identical TTL 64 and window 1024; 8 of 9 asked with data get an "
        "acknowledgement and no answer, and 4 of 4 random high ports accept as well: a tarpit or a middlebox answers "
        "for them"
    )


def test_what_is_not_alike_is_not_called_so() -> None:
    part = replace(columns(OPEN), ttl=np.arange(1, 101, dtype=np.uint8), windows=(512, 1024))
    found = tarpit(part, np.ones(100, np.bool_), FOUND, asked=9, controls=4)
    assert (found.ttl, found.window) == (None, None)
    assert note(found).startswith("99 of 100 tcp ports accept connections; 8 of 9 asked")


def test_ordinary_sockets_show_neither() -> None:
    part = replace(columns(OPEN), ttl=np.zeros(100, np.uint8))
    found = tarpit(part, np.ones(100, np.bool_), FOUND, asked=9, controls=4)
    assert (found.ttl, found.window) == (None, None)


@pytest.mark.parametrize("kind", ["deaf", "silent", "closing", "answering"])
def test_every_kind_has_its_words(kind: str) -> None:
    part = columns(OPEN)
    found = tarpit(part, part.state == State.OPEN, replace(FOUND, kind=kind), asked=9, controls=4)
    assert found.window is None
    assert ": " in note(found)


def test_a_network_is_named_when_many_of_its_hosts_are_such() -> None:
    networks = Networks()
    part = columns(OPEN)
    found = tarpit(part, part.state == State.OPEN, FOUND, asked=9, controls=4)
    usual = host(part)
    such = replace(usual, tarpit=found)
    for last in range(1, 5):
        networks.count(replace(such, addr=f"198.18.2.{last}"))
        networks.count(replace(such, addr=f"2001:db8::{last}"))
        networks.count(replace(usual, addr=f"198.18.2.{100 + last}"))
        networks.count(replace(such, addr=f"198.18.3.{last}") if last < 4 else usual)  # three of them only
        networks.count(replace(such, addr=f"198.18.4.{last}"))
        networks.count(replace(usual, addr=f"198.18.4.{100 + last}"))
    networks.count(replace(usual, addr="198.18.4.9"))  # less than half of what is up there
    networks.count(replace(usual, addr="198.18.2.9", up=False))
    assert networks.crowded() == (Crowded("198.18.2.0/24", 4, 8), Crowded("2001:db8::/64", 4, 4))


@given(
    st.lists(
        st.sampled_from(
            ["198.18.0.1", "198.18.0.9", "198.18.1.1", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::"]
        )
    )
)
def test_many_hosts_count_as_each_of_them(addrs: list[str]) -> None:
    """The slow twin counts report by report."""
    pit = replace(tarpit_host(30), addr="198.18.0.7")
    one, other = Networks(), Networks()
    for networks in (one, other):
        for _ in range(MANY_HOSTS):
            networks.count(pit)
    for addr in addrs:
        one.count(host(addr=addr))
    other.count_all(Addresses.of_ints(map(parse_ip, addrs)))
    assert other.crowded() == one.crowded()
