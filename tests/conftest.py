"""For all tests: hypothesis repeats itself exactly, and tests that this machine cannot run are left out by name."""

import pytest
from hypothesis import settings

settings.register_profile("periplus", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("periplus")

LEFT_OUT = pytest.StashKey[list[str]]()


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it at the end, where it is read."""
    for line in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(line)
