"""What this process is allowed to do.

Asking for a capability by name would be wrong in both directions: containers take rights away that root seems
to have, and CAP_NET_RAW gives them without root (capabilities(7)). So the sockets themselves are tried.
"""

import socket
from contextlib import suppress

__all__ = ["can_send_raw"]


def can_send_raw() -> bool:
    """Whether the `packet` transport will work: packet sockets, and raw IP sockets towards this machine."""
    if not hasattr(socket, "AF_PACKET"):
        return False
    with suppress(OSError):
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW).close()
        return True
    return False
