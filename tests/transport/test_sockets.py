"""Sockets that leave as chosen, on the loopback interface."""

import socket

import pytest

from periplus.errors import CannotScan
from periplus.space.ip import parse_ip
from periplus.transport.routes import UNCHOSEN, Via
from periplus.transport.sockets import Opener, opener


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def test_without_a_choice_a_socket_is_as_ever() -> None:
    with opener(UNCHOSEN, None, None, (4,))(socket.AF_INET) as sock:
        assert sock.getsockname() == ("0.0.0.0", 0)
        assert not sock.getblocking()


def test_many_sockets_have_one_port() -> None:
    made = opener(UNCHOSEN, port := free_port(), None, (4,))
    with made(socket.AF_INET) as one, made(socket.AF_INET) as other:
        assert {sock.getsockname()[1] for sock in (one, other)} == {port}


def test_address_and_time_to_live() -> None:
    made = opener(Via(source=parse_ip("127.0.0.9")), None, 42, (4,))
    with made(socket.AF_INET) as sock:
        assert sock.getsockname()[0] == "127.0.0.9"
        assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 42
    with Opener(ttl=43)(socket.AF_INET6) as sock:
        assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) == 43


def test_an_interface() -> None:
    with Opener(Via("lo"))(socket.AF_INET) as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"


def test_what_the_system_refuses_is_told_before_the_scan() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            CannotScan, match=f"no socket at address 127.0.0.1 at port {port}: Address already"
        ):
            opener(Via(source=parse_ip("127.0.0.1")), port, None, (4,))
    with pytest.raises(CannotScan, match="no socket on interface nosuch: No such device"):
        opener(Via("nosuch"), None, None, (6,))
