"""A gateway that has trouble while packets come fast: the rate falls to what it bears, and all is found."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.lab.network import FAR, Network
from tests.lab.scanners import periplus

from periplus.engine.firsthop import KNOWN

pytestmark = pytest.mark.lab

PORTS = 14_000
RATE_PPS = 3_000
CALM = 7_500  # packets: two seconds and a half, after the first of which the gateway is asked
BEARS_PPS = 1_000
OPEN = set(range(2001, 2301))
ROUTER, ROUTER6 = "198.18.1.254", "2001:db8:0:1::fe"
SYN6_BYTES = 64  # of a probe's IP packet
NO_ARP = "table arp lab {\nchain in {\ntype filter hook input priority 0;\narp operation request drop\n}\n}"


def silent_after(packets: int) -> str:
    """A firewall after which the router answers no neighbour's question to it alone once it forwarded so many."""
    return (
        f"table inet lab {{\nquota load {{\nover {packets * SYN6_BYTES} bytes\n}}\n"
        f"chain through {{\ntype filter hook forward priority 0;\nip6 daddr {FAR.v6} quota name load\n}}\n"
        "chain in {\ntype filter hook input priority 0;\n"
        f"icmpv6 type nd-neighbor-solicit ip6 daddr {ROUTER6} quota name load counter drop\n"
        f"icmpv6 type nd-neighbor-solicit ip6 daddr {ROUTER6} counter\n}}\n}}"
    )


def scope(tmp_path: Path, target: str) -> str:
    """A file that allows the target, and so not the gateway."""
    file = tmp_path / "lab.toml"
    file.write_text(f'networks = ["{target}"]', encoding="utf-8")
    return str(file)


def words(tmp_path: Path, target: str, most_pps: int = RATE_PPS) -> list[str]:
    family = ["-6"] if ":" in target else []
    rate = ["--max-rate", str(most_pps), "--scope", scope(tmp_path, target)]
    return ["-sS", "-v", *family, f"-p1-{PORTS}", *rate, "-oJ", "-", target]


def test_the_rate_falls_to_what_a_gateway_bears(own: Network, tmp_path: Path) -> None:
    """Counted by the gateway itself, from question to question."""
    own.router.firewall(NO_ARP)
    program = [sys.executable, "-P", str(Path(__file__).with_name("gateway.py")), "scanner0", ROUTER]
    answers = own.router.start(*program, "120", str(CALM), str(BEARS_PPS), stdout=subprocess.PIPE)
    assert answers.stdout is not None
    assert answers.stdout.readline() == b"ready\n"
    ran = periplus(own.scanner, *words(tmp_path, FAR.v4))
    answers.kill()
    rates = [int(line) for line in answers.stdout.read().split()]
    assert ran.scan().of("open") == OPEN
    assert len(re.findall(rf"the first hop, {ROUTER}, answers after 1\d\d ms instead of", ran.err)) == 1
    assert max(rates[-5:]) < 0.7 * RATE_PPS
    assert max(rates[-5:]) < max(rates[1:5])


@pytest.mark.parametrize(("calm", "falls"), [(CALM, 1), (100 * CALM, 0)])
def test_a_kernel_s_answers_to_solicitations_are_known_and_missed(
    own: Network, tmp_path: Path, calm: int, falls: int
) -> None:
    own.router.firewall(silent_after(calm))
    ran = periplus(own.scanner, *words(tmp_path, FAR.v6))
    scan = ran.scan()
    assert scan.of("open") == OPEN
    assert ran.err.count(f"the first hop, {ROUTER6}, answers no more: the rate falls to") == falls
    dropped, answered = (
        int(n) for n in re.findall(r"counter packets (\d+)", own.router.run("nft", "list", "ruleset"))
    )
    assert answered >= KNOWN
    assert (dropped > 0) == bool(falls)
    assert scan.summary["probes"] > PORTS  # questions count as well
