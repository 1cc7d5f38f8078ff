"""A peer that lies, stutters and cuts its packets short: nothing without our cookie counts, and all is counted."""

from collections.abc import Iterator

import pytest
from tests.lab import conditions, network, servers
from tests.lab.network import NEAR, Network
from tests.lab.scanners import Scan, Verdict, periplus

pytestmark = pytest.mark.lab

SILENT = Verdict("filtered", "no-response")
TRUTH = {  # by port of `responder.CASES`
    6001: ("three good answers", Verdict("open", "syn-ack")),
    6002: ("wrong acknowledgements", SILENT),
    6003: ("a reset of something else", SILENT),
    6004: ("an error about something else", SILENT),
    6005: ("a cut-off header", SILENT),
    6006: ("a cut-off header that claims to be whole", SILENT),
    6007: ("an error that quotes too little", SILENT),
    6008: ("lies, then the truth", Verdict("open", "syn-ack")),
    6009: ("the truth, then resets", Verdict("open", "syn-ack")),
    6010: ("an error that quotes just enough", Verdict("filtered", "port-unreach")),
    6011: ("impossible headers", SILENT),
    6012: ("simultaneous open", Verdict("open", "split-handshake-syn")),
}


@pytest.fixture(scope="module")
def hostile() -> Iterator[Network]:
    """A network whose near target has the responder instead of its kernel on ports 6000-6099."""
    with network.build() as net:
        servers.listen(net.near, 22)
        net.near.firewall(conditions.mute("6000-6099"))
        servers.respond(net.near, "scanner0")
        yield net


@pytest.fixture(scope="module")
def scan(hostile: Network) -> Scan:
    return periplus(hostile.scanner, "-sS", "-p6001-6012,22,79", "--all-states", "-oJ", "-", NEAR.v4).scan()


@pytest.mark.parametrize(
    ("port", "verdict"), [(p, v) for p, (_, v) in TRUTH.items()], ids=[w for w, _ in TRUTH.values()]
)
def test_only_the_truth_counts(scan: Scan, port: int, verdict: Verdict) -> None:
    assert scan.ports[NEAR.v4, port] == verdict


def test_honest_ports_are_not_touched(scan: Scan) -> None:
    assert scan.ports[NEAR.v4, 22] == Verdict("open", "syn-ack")
    assert scan.ports[NEAR.v4, 79] == Verdict("closed", "reset")


@pytest.mark.parametrize("port", [6001, 6002, 6003, 6004, 6005, 6008], ids=lambda port: TRUTH[port][0])
def test_what_did_not_count_is_counted(hostile: Network, port: int) -> None:
    summary = periplus(hostile.scanner, "-sS", "-p", str(port), "-oJ", "-", NEAR.v4).scan().summary
    assert sum(summary["discarded"].values()) >= 1


def test_an_honest_host_makes_nothing_to_discard(plain: Network) -> None:
    summary = periplus(plain.scanner, "-sS", "-p1-1000", "-oJ", "-", NEAR.v4).scan().summary
    assert not any(summary["discarded"].values())
