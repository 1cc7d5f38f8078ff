"""What a limited link's samples are made into, and that they tell of every frame of a real one."""

import numpy as np
import pytest
from bench.flow import Flow, reading
from bench.rivals import slow
from tests.lab import network
from tests.lab.network import FAR

BACKLOG = ("tc", "-s", "qdisc", "show", "dev", "far0")
SAMPLES = [  # nanoseconds, let out, dropped, waiting
    "1000000000 40 7 0",
    "1100000000 42 7 0",
    "1200000000 92 7 50",
    "1300000000 192 57 50",
    "1400000000 242 57 0",
]


def test_columns_begin_where_frames_do() -> None:
    flow = Flow.of(SAMPLES)
    assert flow.began_s == pytest.approx(1.1)
    assert flow.at_s == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert flow.carried.tolist() == [2, 52, 152, 202]
    assert flow.dropped.tolist() == [0, 0, 50, 50]
    assert flow.offered.tolist() == [2, 102, 252, 252]


def test_sums_between_times() -> None:
    flow = Flow.of(SAMPLES)
    assert flow.when(102) == pytest.approx(0.1)
    assert flow.when(103) == flow.when(9_999) == pytest.approx(0.2)
    assert flow.grown(flow.carried, 0.05, 0.2) == pytest.approx(125)
    assert flow.lost() == pytest.approx(50 / 250)
    assert flow.lost(0.1) == pytest.approx(50 / 150)
    assert flow.lost(5.0) == 0.0


def test_rates_add_up() -> None:
    flow = Flow.of(SAMPLES)
    points = flow.rates(flow.offered, 0.1, 60.0)
    assert [at_s for at_s, _ in points] == pytest.approx([0.05, 0.15, 0.25])
    assert [rate for _, rate in points] == pytest.approx([1000, 1500, 0])
    assert len(flow.rates(flow.offered, 0.1, 0.2)) == 2


def test_without_frames_there_is_nothing() -> None:
    flow = Flow.of(["1000000000 0 0 0", "2000000000 1 0 0"])
    assert (flow.lost(), flow.when(100)) == (0.0, 0.0)


@pytest.mark.lab
def test_every_frame_is_counted() -> None:
    """Far more than the link's queue holds, at once; nobody listens, which the far host does not say."""
    count = 400
    with network.build() as net:
        net.far.firewall(
            "table inet lab {\nchain in {\ntype filter hook input priority 0; policy drop;\n}\n}"
        )
        slow(net.router, "far0", 1_000)
        with reading(net.router, "far0", every_ms=10) as lines:
            net.scanner.run("bash", "-c", f"for n in {{1..{count}}}; do echo >/dev/udp/{FAR.v4}/9; done")
            network.wait_until("an empty queue", lambda: " 0p " in net.router.run(*BACKLOG))
        flow = Flow.of(lines)
    assert 0 <= flow.offered[-1] - count <= 20  # neighbours ask for each other
    assert flow.carried[-1] + flow.dropped[-1] == flow.offered[-1]
    assert np.all(np.diff(flow.at_s) > 0)
