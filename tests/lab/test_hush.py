"""A host that drops everything from a certain packet on, as one that broke down: it is left alone and told."""

import json

import pytest
from tests.lab.network import NEAR, Network
from tests.lab.scanners import periplus

pytestmark = pytest.mark.lab

KBYTES = 200
SYN_BYTES = {4: 44, 6: 64}  # of a probe's IP packet
PORTS = 20_000


def breaks_down(kbytes: int) -> str:
    """A firewall that lets so much in, and nothing after that."""
    return (
        "table inet lab {\nchain in {\ntype filter hook input priority 0;\n"
        f"meta l4proto tcp quota over {kbytes} kbytes drop\n}}\n}}"
    )


@pytest.mark.parametrize("family", [4, 6])
def test_who_breaks_down_is_left_alone(plain: Network, family: int) -> None:
    plain.near.firewall(breaks_down(KBYTES))
    words = ["-6"] if family == 6 else []
    ran = periplus(
        plain.scanner, "-sS", *words, f"-p1-{PORTS}", "--max-rate", "5000", "-oJ", "-", NEAR.of(family)
    )
    ran.scan()
    rows = [json.loads(line) for line in ran.out.splitlines()]
    host = next(row for row in rows if row["type"] == "host")
    answered = host["counts"]["tcp"]["closed"]
    let_in = KBYTES * 1024 // SYN_BYTES[family]
    assert let_in - 10 < answered <= let_in  # the kernels of both may have sent a segment of their own
    assert host["counts"]["tcp"]["filtered"] == PORTS - answered - host["counts"]["tcp"].get("open", 0)
    (stopped,) = host["stopped"]
    assert answered <= stopped["probe"] < answered + 2_000
    assert stopped["unasked"] > PORTS - answered - 4_000
    assert not stopped["resumed"]
    assert rows[-1]["stopped"] == 1
    assert rows[-1]["probes"] < answered + 6_000
