"""Under a scope nothing leaves that it does not allow: the hosts in question count what reaches them."""

import re
import sys
from pathlib import Path

import pytest
from tests.lab.network import FAR, NEAR, Network, Node
from tests.lab.scanners import Ran, Verdict, periplus, spawn

pytestmark = pytest.mark.lab

OUTSIDE = "8080"
COUNTS = f"""\
table inet scope {{
 counter every {{ }}
 counter outside {{ }}
 chain c {{
  type filter hook prerouting priority -500; policy accept;
  ip saddr 198.18.0.0/15 counter name every
  ip6 saddr 2001:db8::/32 counter name every
  meta l4proto {{ tcp, udp }} th dport {OUTSIDE} counter name outside
 }}
}}"""
# A scan that has lost what asks the scope in words: only the last look is left.
CARELESS = """\
import sys
import periplus.cli.scanning
periplus.cli.scanning.within = lambda target, *_: target
from periplus.cli.commands.scan import main
raise SystemExit(main(sys.argv[1:]))
"""


def counted(node: Node, name: str) -> int:
    """Packets that a named counter has seen."""
    shown = node.run("nft", "list", "counter", "inet", "scope", name)
    found = re.search(r"packets (\d+)", shown)
    assert found
    return int(found[1])


def scope(tmp_path: Path, text: str) -> str:
    file = tmp_path / "lab.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def careless(net: Network, *words: str) -> Ran:
    return spawn(net.scanner, [sys.executable, "-P", "-c", CARELESS, "-n", *words])


@pytest.mark.parametrize("flag", ["-sS", "-sT", "-sU"])
@pytest.mark.parametrize("family", [4, 6])
def test_a_target_outside_means_silence(own: Network, tmp_path: Path, flag: str, family: int) -> None:
    own.far.firewall(COUNTS)
    own.near.firewall(COUNTS)
    file = scope(tmp_path, f'networks = ["{NEAR.of(family)}"]')
    ran = periplus(own.scanner, flag, "--scope", file, "-p22", NEAR.of(family), FAR.of(family))
    assert ran.status == 2
    assert f'{FAR.of(family)} (target "{FAR.of(family)}") lies outside networks; nothing is sent' in ran.err
    assert [counted(node, "every") for node in (own.near, own.far)] == [0, 0]


@pytest.mark.parametrize("words", [("-sS",), ("-sT",), ("-sU",), ("-sA", "-f"), ("-sS", "-sU")], ids=" ".join)
def test_the_last_look_holds_back_what_nobody_above_asked_about(
    plain: Network, tmp_path: Path, words: tuple[str, ...]
) -> None:
    plain.near.firewall(COUNTS)
    file = scope(tmp_path, f'networks = ["198.18.0.0/24"]\nports = "22"\nexcluded = ["{FAR.v4}"]')
    ran = careless(plain, *words, "-Pn", "--scope", file, "-p", OUTSIDE, NEAR.v4)
    assert ran.status == 1
    assert f"the first: {NEAR.v4} port {OUTSIDE}/" in ran.err
    assert re.search(r"internal error: 1 of \d probes lay outside scope", ran.err)
    assert counted(plain.near, "outside") == 0


@pytest.mark.parametrize("family", [4, 6])
def test_inside_all_goes_as_usual_also_behind_a_router(plain: Network, tmp_path: Path, family: int) -> None:
    """The router on the way is not in the scope; it is asked for on the link, and tells of itself."""
    target = FAR.of(family)
    file = scope(tmp_path, f'networks = ["{target}"]\nports = "22-80,443"\nmax_rate = 2000')
    ran = periplus(
        plain.scanner, "-p22-80", "--traceroute", "--all-states", "--scope", file, "-oJ", "-", target
    )
    scan = ran.scan()
    assert scan.at(target)[22] == Verdict("open", "syn-ack")
    assert scan.at(target)[23] == Verdict("closed", "reset")
    assert '"hops":[{"ttl":1,' in ran.out


def test_the_rate_is_a_ceiling_over_the_whole_run(own: Network, tmp_path: Path) -> None:
    """Whatever the machine is busy with: never more than the rate allows for the time that it took."""
    own.near.firewall(COUNTS)
    file = scope(tmp_path, 'networks = ["198.18.0.0/24"]\nmax_rate = 400')
    words = ("-sS", "-sU", "-p1-100", "--max-retries", "1", "--scope", file, "-oJ", "-")
    scan = periplus(own.scanner, *words, NEAR.v4).scan()
    assert 200 <= counted(own.near, "every") <= 400 * scan.summary["seconds"] + 5


def test_the_rate_of_a_host_is_a_ceiling_over_the_whole_run(own: Network) -> None:
    own.near.firewall(COUNTS)
    words = ("-sS", "-sU", "-p1-60", "--max-retries", "1", "--max-host-rate", "300", "-oJ", "-")
    scan = periplus(own.scanner, *words, NEAR.v4).scan()
    assert 120 <= counted(own.near, "every") <= 300 * scan.summary["seconds"] + 5
