"""The tables that come with the program are whole and in the promised form."""

import re

import pytest

from periplus.data import ranking_text, ranking_udp_text, services_text
from periplus.space.ports import read_ranking, top_ports
from periplus.space.services import PROTOCOLS, Services

ROW = re.compile(r"(\d+)/(tcp|udp|sctp) ([a-z0-9]+(?:-[a-z0-9]+)*)")


def test_services_have_one_form_and_one_order() -> None:
    rows = [line for line in services_text().splitlines() if not line.startswith("#")]
    keys = []
    for line in rows:
        match = ROW.fullmatch(line)
        assert match, line
        keys.append((int(match[1]), PROTOCOLS.index(match[2])))
    assert keys == sorted(set(keys))
    assert len(keys) > 11_000
    assert 0 <= keys[0][0] <= keys[-1][0] <= 65535


@pytest.mark.parametrize(
    ("port", "proto", "name"),
    [
        (22, "tcp", "ssh"),
        (53, "udp", "domain"),
        (80, "tcp", "http"),
        (80, "sctp", "http"),
        (123, "udp", "ntp"),
        (443, "tcp", "https"),
        (443, "udp", "https"),
        (445, "tcp", "microsoft-ds"),
        (465, "tcp", "submissions"),
        (514, "udp", "syslog"),
        (631, "tcp", "ipp"),
        (2049, "tcp", "nfs"),
        (3389, "tcp", "ms-wbt-server"),
        (5060, "sctp", "sip"),
        (8080, "tcp", "http-alt"),
    ],
)
def test_services_that_everybody_knows(port: int, proto: str, name: str) -> None:
    assert Services(services_text()).name(port, proto) == name


@pytest.mark.parametrize(("text", "least"), [(ranking_text(), 1200), (ranking_udp_text(), 200)])
def test_rankings_name_each_port_once(text: str, least: int) -> None:
    ranked = read_ranking(text)
    assert len(ranked) >= least
    assert len(set(ranked)) == len(ranked)
    assert min(ranked) >= 1
    assert max(ranked) <= 65535


@pytest.mark.parametrize("text", [ranking_text(), ranking_udp_text()])
def test_every_line_of_a_ranking_says_why(text: str) -> None:
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\d -]+# .{3,}", row) for row in rows)


def test_the_hundred_hold_what_must_not_be_missed() -> None:
    assert {21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 443, 445, 3306, 3389, 5432, 5900, 8080} <= set(
        top_ports(100, ranking_text())
    )
    assert {53, 67, 69, 123, 137, 161, 500, 514, 1900, 5353} <= set(top_ports(50, ranking_udp_text()))


def test_a_thousand_can_be_asked_for() -> None:
    assert len(top_ports(1000, ranking_text())) == 1000
