"""Sockets for connects that leave as the user chose: interface, address and port of our own, time to live.

Source: ip(7), ipv6(7), socket(7). Limits: an interface can be chosen on Linux alone.
"""

import contextlib
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from periplus.errors import CannotScan
from periplus.space.ip import format_ip
from periplus.transport.connect import open_socket
from periplus.transport.routes import UNCHOSEN, Via

__all__ = ["Opener", "opener"]

_IP_BIND_ADDRESS_NO_PORT: Final = 24  # linux/in.h: the port is chosen by the connect, when the peer is known
_FAMILIES: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_HOPS: Final = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens TCP sockets of a family when it is called; None leaves a choice to the system."""

    via: Via = UNCHOSEN
    port: int | None = None
    ttl: int | None = None

    def __call__(self, family: int) -> socket.socket:
        """Return a socket with everything set. Raises OSError."""
        sock = open_socket(family)
        try:
            self._set(sock, family, self.port)
        except OSError:
            sock.close()
            raise
        return sock

    def datagrams(self, family: int) -> socket.socket:
        """Return a UDP socket with everything set but the port, which each conversation has of its own."""
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._set(sock, family, None)
        except OSError:
            sock.close()
            raise
        return sock

    def _set(self, sock: socket.socket, family: int, port: int | None) -> None:
        if self.via.interface is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self.via.interface.encode() + b"\0")
        if self.ttl is not None:
            sock.setsockopt(*_HOPS[socket.AddressFamily(family)], self.ttl)
        if port is None and self.via.source is None:
            return
        if port is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            with contextlib.suppress(OSError):  # without it there are fewer ports for many connects at once
                sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind(("" if self.via.source is None else format_ip(self.via.source), port or 0))


def opener(via: Via, port: int | None, ttl: int | None, families: Iterable[int]) -> Opener:
    """Return what opens such sockets; CannotScan: why this machine has none for one of these families (4, 6)."""
    made = Opener(via, port, ttl)
    for family in families:
        try:
            made(_FAMILIES[family]).close()
        except OSError as error:
            raise CannotScan(f"no socket {_chosen(made)}: {os.strerror(error.errno or 0)}") from error
    return made


def _chosen(made: Opener) -> str:
    source = made.via.source
    parts = {
        "on interface": made.via.interface,
        "at address": None if source is None else format_ip(source),
        "at port": made.port,
    }
    return " ".join(f"{words} {value}" for words, value in parts.items() if value is not None) or "at all"
