"""Connect scan: the kernel makes the connection, so no privilege is needed and any platform will do.

connect(2) hides the packets: what the network said arrives as an errno, translated by the kernel's TCP (on Linux
`icmp_err_convert` in net/ipv4/icmp.c and `tab_unreach` in net/ipv6/icmp.c). The table maps every errno that a
non-blocking connect can end with on account of the network; those that are our own shortage (EMFILE, ENOBUFS,
EADDRNOTAVAIL, EAGAIN) never reach it, because the transport asks again.

Limits: an ICMP port unreachable becomes ECONNREFUSED and cannot be told from a RST, nor a prohibition from
an absent host. A port that accepts and resets at once is open.
"""

import errno

from periplus.technique.model import Errno, Row, Silence, Technique
from periplus.technique.verdict import Reason, State

__all__ = ["TECHNIQUE"]


def _errnos(*names: str) -> Errno:
    """Name errnos; those that this platform lacks cover nothing."""
    return Errno(names, tuple(getattr(errno, name) for name in names if hasattr(errno, name)))


TECHNIQUE = Technique(
    name="connect",
    title="Connect scan",
    flag="-sT",
    summary="A full connection by the system: accepted is open, refused closed, anything else filtered.",
    proto="tcp",
    probe=None,
    cookie="none: the kernel matches answers to sockets",
    rows=(
        Row(Errno(("success",), (0,)), State.OPEN, Reason.SYN_ACK),
        Row(_errnos("ECONNREFUSED"), State.CLOSED, Reason.CONN_REFUSED),
        Row(_errnos("ECONNRESET", "EPIPE"), State.OPEN, Reason.SYN_ACK, note="accepted, then reset"),
        Row(_errnos("EHOSTUNREACH", "EHOSTDOWN"), State.FILTERED, Reason.HOST_UNREACH),
        Row(_errnos("ENETUNREACH", "ENETDOWN", "ENONET"), State.FILTERED, Reason.NET_UNREACH),
        Row(_errnos("ENOPROTOOPT", "EPROTO"), State.FILTERED, Reason.PROTO_UNREACH),
        Row(
            _errnos("EACCES", "EPERM"),
            State.FILTERED,
            Reason.ADMIN_PROHIBITED,
            note="refused by a packet filter",
        ),
        Row(_errnos("EOPNOTSUPP", "EMSGSIZE"), State.FILTERED, Reason.DEST_UNREACH, note="source route, MTU"),
        Row(_errnos("ETIMEDOUT"), State.FILTERED, Reason.NO_RESPONSE),
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    ),
)
