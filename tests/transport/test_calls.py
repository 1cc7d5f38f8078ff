"""All transports of frames offer the same calls, and their errors reach the user as the machine's
inability."""

import inspect

import pytest

from periplus.errors import CannotScan
from periplus.transport.calls import FrameTransport, LinkDown, SendRefused
from periplus.transport.memory import MemoryTransport
from periplus.transport.packet import PacketTransport

CALLS = ("send", "receive", "wait", "files", "capacity", "backlog", "drops", "close")


@pytest.mark.parametrize("transport", [PacketTransport, MemoryTransport])
@pytest.mark.parametrize("call", CALLS)
def test_same_parameters(transport: type[FrameTransport], call: str) -> None:
    promised, kept = (inspect.signature(getattr(one, call)).parameters for one in (FrameTransport, transport))
    assert [(p.name, p.default) for p in kept.values()] == [(p.name, p.default) for p in promised.values()]


def test_no_call_is_forgotten_here() -> None:
    assert {name for name in vars(FrameTransport) if not name.startswith("_")} == set(CALLS)


@pytest.mark.parametrize("error", [LinkDown, SendRefused])
def test_errors_are_the_machines(error: type[CannotScan]) -> None:
    assert issubclass(error, CannotScan)
