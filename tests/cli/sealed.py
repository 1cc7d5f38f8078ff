"""Commands that must send nothing: whatever could, ends the test."""

import socket
from typing import NoReturn

import pytest

__all__ = ["refused", "seal"]


def refused(*arguments: object, **named: object) -> NoReturn:
    """What stands in the place of all that sends."""
    raise AssertionError("this would send")


def seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put it there: in the place of a scan's links, loop and names, and of what sockets do."""
    for name in ("open_links", "ReverseNames", "Loop", "open_writers"):
        monkeypatch.setattr(f"periplus.cli.scanning.{name}", refused)
    calls = dict.fromkeys(("connect", "connect_ex", "sendto", "sendmsg", "send", "sendall"), refused)
    monkeypatch.setattr(socket, "socket", type("Sealed", (socket.socket,), calls))
