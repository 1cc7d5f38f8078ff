"""What may be scanned with which rights: raw packets need CAP_NET_RAW, and connect is what is left without."""

import pytest
from tests.lab.network import NEAR, Network
from tests.lab.scanners import Ran, Verdict, periplus

pytestmark = pytest.mark.lab

# root in a container that grants nothing, and an ordinary user (who may read this checkout, wherever it lies)
TAMED_ROOT = ("setpriv", "--bounding-set=-net_raw,-net_admin", "--inh-caps=-all", "--")
READER = "-all,+dac_read_search"
NOBODY = (
    "setpriv",
    "--reuid=nobody",
    "--regid=nogroup",
    "--clear-groups",
    f"--inh-caps={READER}",
    f"--ambient-caps={READER}",
)
ABLE = "-all,+dac_read_search,+net_raw"
ABLE_NOBODY = (*NOBODY[:4], f"--inh-caps={ABLE}", f"--ambient-caps={ABLE}")


def scan(net: Network, before: tuple[str, ...], *words: str) -> Ran:
    return periplus(net.scanner, *words, "-p22,79,80", "--all-states", "-oJ", "-", NEAR.v4, before=before)


@pytest.mark.parametrize("before", [TAMED_ROOT, NOBODY], ids=["tamed-root", "nobody"])
def test_without_the_right_it_connects_and_says_so(plain: Network, before: tuple[str, ...]) -> None:
    ran = scan(plain, before)
    assert ran.scan().at(NEAR.v4) == {
        22: Verdict("open", "syn-ack"),
        79: Verdict("closed", "conn-refused"),
        80: Verdict("open", "syn-ack"),
    }
    assert "connect" in ran.err.lower()


@pytest.mark.parametrize("before", [TAMED_ROOT, NOBODY], ids=["tamed-root", "nobody"])
def test_asking_for_syn_without_the_right_is_an_error_that_helps(
    plain: Network, before: tuple[str, ...]
) -> None:
    ran = scan(plain, before, "-sS")
    assert ran.status == 1
    assert "CAP_NET_RAW" in ran.err.upper()
    assert "Traceback" not in ran.err


def test_the_one_capability_is_enough(plain: Network) -> None:
    """No root: the reason of the closed port tells that a raw reset was read."""
    assert scan(plain, ABLE_NOBODY).scan().ports[NEAR.v4, 79] == Verdict("closed", "reset")


def test_root_scans_by_syn(plain: Network) -> None:
    assert scan(plain, ()).scan().ports[NEAR.v4, 79] == Verdict("closed", "reset")
