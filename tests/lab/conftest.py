"""The lab's networks as fixtures, with the same servers everywhere.

`plain` is the fast one (veth only) and `cabled` the one with a millisecond between scanner and world; both live
for the session and every test gets them without firewalls. `own` is a test's own, to break.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.lab import network, servers
from tests.lab.network import Network


@contextmanager
def furnished(files: Path, delay_ms: float = 0.0) -> Iterator[Network]:
    """A network with sshd and nginx on both targets: ports 22, 80 and 8080 are open."""
    with network.build(delay_ms) as net:
        for node in (net.near, net.far):
            (files / node.role).mkdir()
            servers.furnish(node, files / node.role)
        yield net


@pytest.fixture(scope="session")
def plain_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with furnished(tmp_path_factory.mktemp("plain")) as net:
        yield net


@pytest.fixture(scope="session")
def cabled_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with furnished(tmp_path_factory.mktemp("cabled"), delay_ms=1.0) as net:
        yield net


@pytest.fixture
def plain(plain_network: Network) -> Network:
    plain_network.quiet()
    return plain_network


@pytest.fixture
def cabled(cabled_network: Network) -> Network:
    cabled_network.quiet()
    return cabled_network


@pytest.fixture
def own() -> Iterator[Network]:
    """A network with 300 plain listeners (ports 2001-2300) on both targets, for one test only."""
    with network.build() as net:
        for node in (net.near, net.far):
            servers.listen(node, *range(2001, 2301))
        yield net
