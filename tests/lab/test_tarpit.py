"""Hosts that accept everything, and hosts that only have many services: what is behind a handshake is told right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab import conditions, network, servers
from tests.lab.network import NEAR, Network
from tests.lab.scanners import Ran, periplus

pytestmark = pytest.mark.lab

STAND_IN = 9
REAL = (servers.SSH, servers.WEB)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Network]:
    """A network whose near target has sshd and nginx, for one test only."""
    with network.build() as net:
        servers.furnish(net.near, tmp_path)
        yield net


def host(ran: Ran) -> dict[str, Any]:
    """The one host's line."""
    ran.scan()
    found: list[dict[str, Any]] = [
        row for row in map(json.loads, ran.out.splitlines()) if row["type"] == "host"
    ]
    assert len(found) == 1
    return found[0]


def told(ran: Ran) -> set[int]:
    """The ports that have a line."""
    return ran.scan().of("open")


def hide(net: Network, manner: str) -> None:
    """Put something in front of the near target that takes all connections but those to the real ports."""
    servers.stand_in(net.near, manner, STAND_IN)
    net.near.firewall(conditions.redirected(STAND_IN, *REAL))


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
@pytest.mark.parametrize("manner", ["silent", "closing", "answering"])
def test_one_listener_behind_all_ports(served: Network, flag: str, manner: str) -> None:
    hide(served, manner)
    ran = periplus(served.scanner, flag, "-p1-1000", "-oJ", "-", NEAR.v4)
    found = host(ran)["tarpit"]
    assert (found["kind"], found["ports"]) == (manner, "1-21,23-79,81-1000")
    assert (found["accepting"], found["probed"], found["controls"], found["taken"]) == (998, 1000, 4, 4)
    assert found.get("ttl") == (64 if flag == "-sS" else None)
    assert set(REAL) <= told(ran)
    assert len(told(ran)) < 25  # at most those that were told before the host looked suspicious


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
@pytest.mark.parametrize("family", [4, 6])
def test_a_syn_proxy(served: Network, flag: str, family: int) -> None:
    servers.respond(served.near, served.near.links[0], *REAL)
    served.near.firewall(conditions.mute(f"!= {{ {', '.join(map(str, REAL))} }}"))
    words = (flag, "-PS22", "-p1-1000", "-oJ", "-", NEAR.of(family))
    row = host(ran := periplus(served.scanner, *words))
    assert (row["tarpit"]["kind"], row["tarpit"]["ports"]) == ("deaf", "1-21,23-79,81-1000")
    assert row["notes"][0].endswith("a SYN proxy or tarpit answers for them")
    assert set(REAL) <= told(ran)


def test_all_ports(served: Network) -> None:
    hide(served, "silent")
    ran = periplus(served.scanner, "-sS", "-p-", "-oJ", "-", NEAR.v4)
    row = host(ran)
    assert (row["tarpit"]["accepting"], row["tarpit"]["probed"]) == (65_533, 65_535)
    assert row["counts"] == {"tcp": {"open": 65_535}}
    table = periplus(served.scanner, "-sS", "-p-", NEAR.v4).out
    assert "Not shown: 65533 accepting tcp ports (tarpit)\n" in table
    assert [line.split()[0] for line in table.splitlines() if "/tcp " in line] == ["22/tcp", "80/tcp"]


def test_shown_when_asked_for(served: Network) -> None:
    hide(served, "closing")
    ran = periplus(served.scanner, "-sS", "-p1-1000", "--show-tarpits", "-oJ", "-", NEAR.v4)
    assert told(ran) == set(range(1, 1001))
    assert host(ran)["tarpit"]["accepting"] == 998


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_three_hundred_listeners_are_real(own: Network, flag: str) -> None:
    """They accept and hang up, and are all that was asked; but no other port accepts."""
    ran = periplus(own.scanner, flag, "-p2001-2300", "-oJ", "-", NEAR.v4)
    assert "tarpit" not in host(ran)
    assert told(ran) == set(range(2001, 2301))


def test_a_usual_host_is_asked_nothing_more(plain: Network) -> None:
    plain.near.firewall(conditions.table("count", "input", ["tcp dport > 1000 counter drop"]))
    ran = periplus(plain.scanner, "-sS", "-PS22", "-p1-1000", "-oJ", "-", NEAR.v4)
    assert "tarpit" not in host(ran)
    assert "packets 0 bytes 0" in plain.near.run("nft", "list", "ruleset")


def test_a_scope_holds_for_what_is_asked_besides(served: Network, tmp_path: Path) -> None:
    """No port outside may be a control, so nothing is judged, and nothing leaves."""
    hide(served, "silent")
    file = tmp_path / "lab.toml"
    file.write_text('networks = ["198.18.0.0/24"]\nports = "1-1000"', encoding="utf-8")
    words = ("-sS", "-PS22", "-p1-1000", "--scope", str(file), "-oJ", "-")
    row = host(periplus(served.scanner, *words, NEAR.v4))
    assert "tarpit" not in row
    assert row["notes"][0].endswith("as too few other ports may be asked")
