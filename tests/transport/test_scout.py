"""The child that asks for routes: the same answers, its errors ours, and no harm when it dies."""

import os
import signal
import subprocess
import sys

import pytest

from periplus.errors import CannotScan, UsageError
from periplus.space.ip import parse_ip
from periplus.transport import routes
from periplus.transport.routes import Routes, Via
from periplus.transport.scout import Scout

HERE = parse_ip("127.0.0.1")
HERE_ALONE = [(HERE, HERE)]


@pytest.fixture
def scout() -> "Scout":
    started = Scout.start()
    assert started is not None
    return started


def test_it_answers_like_routes(scout: Scout) -> None:
    with scout, Routes() as own:
        assert scout.paths(HERE_ALONE) == own.paths(HERE_ALONE)
        lane = own.paths(HERE_ALONE)[0].lane
        assert lane is not None
        assert scout.neighbours(lane.ifindex) == own.neighbours(lane.ifindex)
        assert scout.neighbours(lane.ifindex, stale=True) == own.neighbours(lane.ifindex, stale=True)
        assert scout.lanes("lo") == own.lanes("lo")


def test_when_it_dies_this_process_asks_itself(scout: Scout) -> None:
    with scout:
        os.kill(scout._child, signal.SIGKILL)
        os.waitid(os.P_PID, scout._child, os.WEXITED | os.WNOWAIT)
        assert scout.paths(HERE_ALONE)[0].first == HERE


def test_its_errors_are_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CannotScan("the kernel would not say")

    monkeypatch.setattr(routes.Routes, "paths", refuse)
    scout = Scout.start()
    assert scout is not None
    with scout, pytest.raises(CannotScan, match="would not say"):
        scout.paths(HERE_ALONE)


def test_it_is_gone_afterwards_and_closing_twice_is_nothing(scout: Scout) -> None:
    child = scout._child
    scout.close()
    scout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_where_there_is_no_fork_there_is_no_scout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert Scout.start() is None


def test_the_child_has_no_need_of_numpy() -> None:
    """Importing it takes as long as pyroute2, and it would have to be waited for."""
    code = "import sys; import periplus.transport.routes; print('numpy' in sys.modules)"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "False\n"


def test_a_chosen_way_outlives_the_child(scout: Scout) -> None:
    other = parse_ip("127.0.0.9")
    with scout:
        with pytest.raises(UsageError, match="no such interface"):
            scout.use(Via("nosuch"), (4,))
        scout.use(Via(source=other), (4,))
        sources = [path.lane.ip_me for path in scout.paths(HERE_ALONE) if path.lane is not None]
        os.kill(scout._child, signal.SIGKILL)
        os.waitid(os.P_PID, scout._child, os.WEXITED | os.WNOWAIT)
        sources += [path.lane.ip_me for path in scout.paths(HERE_ALONE) if path.lane is not None]
    assert sources == [other, other]
