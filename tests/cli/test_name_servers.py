import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.cli.name_servers import name_servers
from periplus.space.ip import parse_ip


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("198.18.0.53", [("198.18.0.53", 53)]),
        ("198.18.0.53:5353", [("198.18.0.53", 5353)]),
        ("2001:DB8::53", [("2001:db8::53", 53)]),
        ("[2001:db8::53]", [("2001:db8::53", 53)]),
        ("[2001:db8::53]:5353,198.18.0.1", [("2001:db8::53", 5353), ("198.18.0.1", 53)]),
        ("198.18.0.1,198.18.0.1:53", [("198.18.0.1", 53)]),
    ],
)
def test_addresses_with_and_without_ports(text: str, servers: list[tuple[str, int]]) -> None:
    assert name_servers(text) == tuple(servers)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ""),
        ("198.18.0.1,", ""),
        ("198.18.0.1,3", "3"),
        ("dns.example", "dns.example"),
        ("198.18.0.0/24", "198.18.0.0/24"),
        ("198.18.0.1/32", "198.18.0.1/32"),
        ("198.18.0.1-198.18.0.1", "198.18.0.1-198.18.0.1"),
        ("198.18.0.*", "198.18.0.*"),
        ("198.18.0.1:0", "198.18.0.1:0"),
        ("198.18.0.1:65536", "198.18.0.1:65536"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("198.18.0.1 ", "198.18.0.1 "),
    ],
)
def test_what_is_no_address_is_told_in_one_line(text: str, wrong: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        name_servers(text)
    assert str(caught.value).startswith(f'"{wrong}" is no address of a name server; write ')
    assert str(caught.value).isprintable()


@given(st.text("0123456789abcdef.:,[]/-*% ") | st.text())
def test_any_text_is_servers_or_one_line(text: str) -> None:
    try:
        servers = name_servers(text)
    except argparse.ArgumentTypeError as error:
        servers, line = (), str(error)
    else:
        line = ""
    assert bool(servers) != bool(line)
    assert line.isprintable()
    assert all(parse_ip(host) and 0 < port < 65536 for host, port in servers)
