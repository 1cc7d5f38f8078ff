"""For all tests: hypothesis repeats itself exactly, and tests that this machine cannot run are left out by name.

Several workers share the tests (`./test` says so to pytest-xdist). The lab's stay together on one of them: their
networks are made once, and only one of them at a time may load the machine with packets.
"""

from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("periplus", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("periplus")

LEFT_OUT = pytest.StashKey[list[str]]()
LAB = "tests/lab/"
TOLD = "left_out"  # where a worker tells it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the lab's tests out when there can be no lab here, and remember which and why."""
    lab = [item for item in items if item.get_closest_marker("lab")]
    if not lab:
        return
    from tests.lab.needs import missing

    if why := missing():
        items[:] = [item for item in items if item not in lab]
        config.hook.pytest_deselected(items=lab)
        names = dict.fromkeys(item.nodeid.partition("[")[0] for item in lab)
        config.stash[LEFT_OUT] = [f"left out: {name} ({why})" for name in names]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the session that it works for."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[TOLD] = session.config.stash.get(LEFT_OUT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests are shared out by files, and the lab as if it were one."""
    from xdist.scheduler import LoadFileScheduling

    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = lambda nodeid: LAB if nodeid.startswith(LAB) else nodeid.partition("::")[0]
    return scheduler


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker is done."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get(TOLD, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it at the end, where it is read."""
    for line in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(line)
