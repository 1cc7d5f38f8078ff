"""ONC RPC: procedure 0, which by custom of every program does nothing and answers.

A program that is not there, or not in that version, is answered with an error, which shows the port open too. The
portmapper also listens where Solaris (32771) and NetWorker (7938) put it. The list of programs is not asked for: it
answers with far more than it was asked with.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

XID = 0x50657269
CALL, RPC_VERSION, PROCEDURE_NULL = 0, 2, 0
NO_AUTHENTICATION = bytes(8)


def null_call(program: int, version: int) -> bytes:
    """Return a call without arguments, credentials or verifier."""
    return (
        struct.pack("!6I", XID, CALL, RPC_VERSION, program, version, PROCEDURE_NULL) + 2 * NO_AUTHENTICATION
    )


PAYLOADS = (
    Payload(
        service="rpcbind",
        ports=(111, 7938, 32771),
        data=null_call(100000, 2),
        source="RFC 5531, 9; RFC 1833, 3",
    ),
    Payload(service="nfs", ports=(2049,), data=null_call(100003, 3), source="RFC 5531, 9; RFC 1813, 3.3.0"),
    Payload(
        service="mountd", ports=(20048,), data=null_call(100005, 3), source="RFC 5531, 9; RFC 1813, 5.2.0"
    ),
    Payload(service="nlockmgr", ports=(4045,), data=null_call(100021, 4), source="RFC 5531, 9; RFC 1813, 6"),
    Payload(service="rquotad", ports=(875,), data=null_call(100011, 1), source="RFC 5531, 9; rquota.x"),
)
