"""For all tests: hypothesis repeats itself exactly, and tests that this machine cannot run are left out by name.

Several workers share the tests file by file (`./test` says so to pytest-xdist). Those of the lab come first, since
they wait most of the time, and what computes fills the gaps.
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
    else:
        items.sort(key=lambda item: not item.nodeid.startswith(LAB))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the session that it works for."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[TOLD] = session.config.stash.get(LEFT_OUT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker is done."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get(TOLD, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it at the end, where it is read."""
    for line in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(line)
