"""Calls of procedure 0, read by scapy and field by field."""

import pytest
from scapy.contrib.oncrpc import RPC, RPC_Call
from tests.payload.reading import data, null_call


@pytest.mark.parametrize(
    ("service", "program", "version"),
    [
        ("rpcbind", 100000, 2),
        ("nfs", 100003, 3),
        ("mountd", 100005, 3),
        ("nlockmgr", 100021, 4),
        ("rquotad", 100011, 1),
    ],
)
def test_a_program_is_called_to_do_nothing(service: str, program: int, version: int) -> None:
    assert null_call(data(service)) == (program, version)
    packet = RPC(data(service))
    assert packet.mtype == 0
    call = packet[RPC_Call]
    assert (call.version, call.program, call.pversion, call.procedure) == (2, program, version, 0)
