"""What of packets and ways can be chosen, and what a technique or a target cannot have."""

import pytest

from periplus.cli.options import read
from periplus.cli.shaping import Manner, manner
from periplus.errors import UsageError
from periplus.scan.config import Transport
from periplus.space.fragile import FRAGILE
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.technique.catalogue import by_name
from periplus.transport.routes import UNCHOSEN, Via
from periplus.wire.shape import PLAIN, Shape
from periplus.wire.tcp import SYN, TcpProbe

HOSTS = ["198.18.0.2"]


def made(*words: str, hosts: list[str] = HOSTS, seed: int = 7) -> Manner:
    given = read(words)
    names = (given.technique_tcp, given.technique_udp, given.technique_sctp, given.technique_ip)
    techniques = [by_name(name) for name in names if name] or [by_name("syn")]
    return manner(
        given, techniques, AddressSpace.of((parse_ip(host),) * 2 for host in hosts), seed, given.interface
    )


def refusal(*words: str, hosts: list[str] = HOSTS) -> str:
    with pytest.raises(UsageError) as caught:
        made(*words, hosts=hosts)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_is_shaped_that_was_not_asked_for() -> None:
    assert made() == Manner((by_name("syn"),), PLAIN, UNCHOSEN, None, None)
    assert not made().via


def test_every_choice_arrives() -> None:
    how = made(
        "-e", "eth0", "-S", "198.18.0.1", "-g", "53", "--ttl", "9", "--data-length", "40", "--badsum", "-f"
    )
    assert how.via == Via("eth0", parse_ip("198.18.0.1"))
    assert (how.source_port, how.socket_ttl, how.note.startswith("--badsum")) == (53, 9, True)
    assert how.shape == Shape(9, how.shape.data, bad_sum=True, fragment=8, spared=FRAGILE)
    assert len(how.shape.data) == 40


def test_data_go_to_fragile_ports_that_are_named_one_by_one() -> None:
    shape = made("--data-length", "40", "-p", "1-1000,502,T:9100").shape
    assert FRAGILE - shape.spared == {502, 9100}
    assert not made("-p", "502").shape.spared  # there are no data


@pytest.mark.parametrize("way", list(Transport))
def test_transports_by_name(way: Transport) -> None:
    assert made("--transport", way.value).transport is way
    assert made().transport is Transport.AUTO


def test_data_follow_from_the_seed() -> None:
    one, same, other = (made("--data-length", "40", seed=seed).shape.data for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize(
    ("words", "size"), [(["-f"], 8), (["-f", "-f"], 16), (["-ff"], 16), (["--mtu", "1480"], 1480)]
)
def test_sizes_of_fragments(words: list[str], size: int) -> None:
    assert made(*words).shape.fragment == size


def test_flags_make_another_probe() -> None:
    assert made("--scanflags", "SYN,ECE").techniques[0].probe == TcpProbe(SYN | 0x40)
    assert made("-sF", "--scanflags", "0").techniques[0].probe == TcpProbe(0, options=b"")
    assert made("--source-port", "9").source_port == 9


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-sT", "--badsum"], "--badsum needs packets of our own making, and with -sT the system makes them"),
        (["-sT", "-f"], "-f needs packets of our own making, and with -sT the system makes them"),
        (["-sT", "--mtu", "16"], "--mtu needs packets of our own making, and with -sT the system makes them"),
        (
            ["-sT", "--data-length", "9"],
            "--data-length needs packets of our own making",
        ),
        (
            ["-sT", "--scanflags", "SYN"],
            "--scanflags needs packets of our own making",
        ),
        (
            ["-sT", "--transport", "xdp"],
            "--transport needs packets of our own making, and with -sT the system makes them",
        ),
        (["--transport", "xpd"], '--transport: "xpd" is none of auto, packet, xdp'),
        (["-sU", "--scanflags", "SYN"], "--scanflags: no technique here sends TCP segments of its own"),
        (["-sO", "--scanflags", "SYN"], "--scanflags: no technique here sends TCP segments of its own"),
        (["-sO", "--badsum"], "--badsum: most of the protocols of -sO have no checksum that could be wrong"),
        (["-sO", "-g", "53"], "-g: -sO asks for something that has no ports"),
        (["-S", "2001:db8::1"], "-S 2001:db8::1: 198.18.0.2 is of the other family; scan it apart"),
        (["--ttl", "0"], '--ttl: "0" is not a number from 1 to 255'),
        (["--ttl", "256"], '--ttl: "256" is not a number from 1 to 255'),
        (["-g", "65536"], '-g: "65536" is not a number from 1 to 65535'),
        (["--data-length", "1401"], '--data-length: "1401" is not a number from 1 to 1400'),
        (["--mtu", "12"], '--mtu: "12" is no multiple of 8 bytes from 8 to 65528'),
        (["--mtu", "0"], '--mtu: "0" is no multiple of 8 bytes from 8 to 65528'),
        (["--mtu", "16", "-f"], "-f: not allowed together with --mtu"),
        (["--scanflags", "SYNFUN"], '--scanflags: "FUN" is no TCP flag'),
    ],
)
def test_what_cannot_be(words: list[str], line: str) -> None:
    assert refusal(*words).startswith(line)


def test_only_addresses_are_sources() -> None:
    assert refusal("-S", "host.example").startswith("-S: address ")


def test_ipv6_is_not_fragmented() -> None:
    hosts = [*HOSTS, "2001:db8::2"]
    assert refusal("-f", hosts=hosts) == "-f: only IPv4 is fragmented here, and 2001:db8::2 is IPv6"
    assert refusal("--mtu", "8", hosts=hosts).startswith("--mtu: only IPv4")


def test_connects_can_have_the_rest() -> None:
    how = made("-sT", "-e", "eth0", "-S", "198.18.0.1", "-g", "53", "--ttl", "9")
    assert (how.via.interface, how.source_port, how.socket_ttl) == ("eth0", 53, 9)
