"""Both ways to the network offer what the loop needs; mypy checks the signatures where they are assigned."""

import inspect

import pytest
from tests.scan.runs import link_of, space_of
from tests.scan.test_plain import Echo
from tests.sim.frames import Wire

from periplus.engine.engine import Limits
from periplus.scan.link import Link
from periplus.scan.plain import PlainLink
from periplus.scan.raw import RawLink

SPACE = space_of(["198.18.0.2"], [22])


def raw() -> Link:
    """The link of frames."""
    return link_of(SPACE, Wire({}))


def plain() -> Link:
    """The link of sockets."""
    return PlainLink(SPACE, Echo(), lambda: 0, lambda line: None)


def test_the_links_have_what_the_protocol_names() -> None:
    wanted = {name for name, _ in inspect.getmembers(Link, inspect.isfunction) if not name.startswith("_")}
    assert len(wanted) == 13
    for kind in (RawLink, PlainLink):
        for name in wanted:
            own = list(inspect.signature(getattr(kind, name)).parameters)
            assert own == list(inspect.signature(getattr(Link, name)).parameters), (kind, name)


@pytest.mark.parametrize("link", [raw(), plain()], ids=["raw", "plain"])
def test_every_link_sets_limits_and_closes_twice(link: Link) -> None:
    assert isinstance(link.limits, Limits)
    assert link.limits.outstanding >= 1
    link.close()
    link.close()
