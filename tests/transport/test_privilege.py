"""The privilege is tried by processes that have it, that gave it up, and that kept only the one
capability."""

import ctypes
import os
import socket
import struct

import pytest

from periplus.transport.privilege import can_send_raw

PR_SET_KEEPCAPS = 8
CAP_NET_RAW = 13
VERSION_3 = 0x20080522
NOBODY = 65534


def outcome_as_nobody(capabilities: int) -> bool:
    """What a child process without root, holding these capabilities, is told."""
    child = os.fork()
    if not child:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        sets = struct.pack("III", capabilities, capabilities, 0) + bytes(12)
        refused = libc.capset(struct.pack("Ii", VERSION_3, 0), sets)
        os._exit(2 if refused else int(can_send_raw()))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 1)
    return bool(status)


@pytest.mark.lab
def test_root_has_it() -> None:
    assert can_send_raw()


@pytest.mark.lab
def test_nobody_has_it_not() -> None:
    assert not outcome_as_nobody(0)


@pytest.mark.lab
def test_one_capability_is_enough() -> None:
    assert outcome_as_nobody(1 << CAP_NET_RAW)


def test_systems_without_packet_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_PACKET", raising=False)
    assert not can_send_raw()
