"""Network namespaces for the tests of `transport`: nameless, so that the kernel removes them however a test
ends.

The test's own thread enters the namespace, since the code under test opens its sockets in the thread that
calls it. Inside there is a loopback and what the test makes, with addresses from 198.18.0.0/15 and
2001:db8::/32, and no way out.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from periplus.space.ip import parse_ip
from periplus.wire.lane import Lane, Link

__all__ = ["ME4", "ME6", "THEM4", "THEM6", "Namespace", "Pair", "local_lane", "pair", "run", "sealed", "tun"]

ME4, THEM4 = "198.18.0.1", "198.18.0.2"
ME6, THEM6 = "2001:db8::1", "2001:db8::2"
MAC_ME, MAC_THEM = "02:00:00:00:00:01", "02:00:00:00:00:02"

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000
TENTATIVE = 0x40  # IFA_F_TENTATIVE


@dataclass(frozen=True)
class Namespace:
    """A namespace that lives while its file is open or a thread is inside."""

    fd: int

    @property
    def path(self) -> str:
        """A name for `ip link set ... netns`."""
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Moves the calling thread in, and back."""
        before = _current()
        try:
            _enter(self.fd)
            yield
        finally:
            _enter(before)
            os.close(before)


@dataclass(frozen=True)
class Pair:
    """A veth pair `v0` (here) - `v1` (in `them`)."""

    them: Namespace
    v4: Lane
    v6: Lane
    mac_them: bytes


def run(*commands: str) -> None:
    """Runs programs such as `ip`, one a line of arguments; CalledProcessError when one fails."""
    for command in commands:
        subprocess.run(command.split(), check=True)


@contextmanager
def sealed() -> Iterator[None]:
    """The calling thread is in a fresh namespace with nothing but a loopback."""
    before = _current()
    try:
        _new()
        yield
    finally:
        _enter(before)
        os.close(before)


@contextmanager
def pair() -> Iterator[Pair]:
    """As `sealed`, with a veth pair to another namespace, where the kernel answers."""
    with sealed():
        here = _current()
        _new()
        them = Namespace(_current())
        _enter(here)
        os.close(here)
        try:
            yield _veth(them)
        finally:
            os.close(them.fd)


@contextmanager
def tun(name: str) -> Iterator[int]:
    """A tun interface that is up; gives the file at which its packets come out and go in."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        run(f"ip link set {name} up")
        yield fd
    finally:
        os.close(fd)


def local_lane(address: str) -> Lane:
    """The lane to one of this machine's own addresses."""
    return Lane(socket.if_nametoindex("lo"), "lo", Link.LOCAL, parse_ip(address), b"", 65536)


def _veth(them: Namespace) -> Pair:
    run(  # with equal numbers at both ends the kernel takes a second to notice the carrier
        f"ip link add v0 index 10 address {MAC_ME} type veth "
        f"peer name v1 index 20 address {MAC_THEM} netns {them.path}",
        f"ip addr add {ME4}/24 dev v0",
        f"ip addr add {ME6}/64 dev v0 nodad",
        "ip link set v0 up",
    )
    with them.inside():
        run(
            f"ip addr add {THEM4}/24 dev v1",
            f"ip addr add {THEM6}/64 dev v1 nodad",
            "nft add table ip6 quiet",
            "nft add chain ip6 quiet out { type filter hook output priority 0 ; }",
            "nft add rule ip6 quiet out icmpv6 type mld2-listener-report drop",
            "ip link set v1 up",
        )
        _ready("v1")
    _ready("v0")
    number = socket.if_nametoindex("v0")
    v4, v6 = (Lane(number, "v0", Link.ETHERNET, parse_ip(ip), _mac(MAC_ME), 1500) for ip in (ME4, ME6))
    return Pair(them, v4, v6, _mac(MAC_THEM))


def _ready(name: str) -> None:
    """The kernel takes IPv6 up a moment after the carrier, and shows it by a link-local address that is not
    tentative.

    The flags are in the fifth column of /proc/net/if_inet6, the interface's name in the sixth.
    """
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        lines = [
            line.split()
            for line in Path("/proc/thread-self/net/if_inet6").read_text(encoding="ascii").splitlines()
        ]
        if any(
            line[0].startswith("fe80") and line[5] == name and not int(line[4], 16) & TENTATIVE
            for line in lines
        ):
            return
        time.sleep(0.002)
    raise TimeoutError(f"{name} got no IPv6")


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _new() -> None:
    _checked(_libc().unshare(CLONE_NEWNET))
    for family in ("default", "all"):
        Path(f"/proc/sys/net/ipv6/conf/{family}/accept_dad").write_text("0", encoding="ascii")
    run("ip link set lo up")


def _enter(fd: int) -> None:
    _checked(_libc().setns(fd, CLONE_NEWNET))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), "namespace")
