"""For all tests: hypothesis repeats itself exactly, and tests that this machine cannot run are left out by name.

Several workers share the tests file by file (`./test` says so to pytest-xdist). Those of the lab wait most of the
time, so there are more workers than cores, and the lab's files are dealt out among the others: what computes fills
the gaps, and gives way to the lab's programs, which have real clocks.
"""

import os
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("periplus", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("periplus")

LEFT_OUT = pytest.StashKey[list[str]]()
LAB = "tests/lab/"
LAB_ENDS = 0.6  # of the way the last of them begins, so that no core is left idle at the end
WAITING = 2  # workers beyond the cores: so many wait for the lab most of the time
TOLD = "left_out"  # where a worker tells it
NICE = os.getpriority(os.PRIO_PROCESS, 0)
GIVES_WAY = 10  # to the lab: so much nicer is a worker while it computes


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """What `--numprocesses auto` means."""
    return (yield) + WAITING


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
        deal(items)


def deal(items: list[pytest.Item]) -> None:
    """Bring the files in the order in which workers take them: the lab's evenly among the others."""
    names = dict.fromkeys(file_of(item) for item in items)
    lab = [name for name in names if name.startswith(LAB)]
    others = [name for name in names if not name.startswith(LAB)]
    place = {name: number / len(others) for number, name in enumerate(others)}
    place |= {name: LAB_ENDS * number / len(lab) for number, name in enumerate(lab)}
    items.sort(key=lambda item: place[file_of(item)])


def file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever may not take its priority back keeps the lower one for all tests."""
    if hasattr(item.config, "workerinput") and os.geteuid() == 0:
        with suppress(PermissionError):
            gives_way = 0 if item.nodeid.startswith(LAB) else GIVES_WAY
            os.setpriority(os.PRIO_PROCESS, 0, NICE + gives_way)


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
