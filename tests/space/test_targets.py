"""The target syntax; octet ranges beside a slow twin that asks every address."""

import ipaddress
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import UsageError
from periplus.space.ip import TOP, V4_BASE, format_ip
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace
from periplus.space.targets import LONGEST_WORD, Target, parse_target, target_words


def spans(token: str) -> list[str]:
    """The target's addresses as text, merged."""
    found = AddressSpace.of(parse_target(token).spans).ranges()
    return [f"{format_ip(first)}-{format_ip(last)}" for first, last in found]


@pytest.mark.parametrize(
    ("token", "first_last"),
    [
        ("10.0.0.1", ["10.0.0.1-10.0.0.1"]),
        ("0.0.0.0", ["0.0.0.0-0.0.0.0"]),
        ("10.0.0.0/8", ["10.0.0.0-10.255.255.255"]),
        ("10.1.2.3/24", ["10.1.2.0-10.1.2.255"]),
        ("10.1.2.3/32", ["10.1.2.3-10.1.2.3"]),
        ("0.0.0.0/0", ["0.0.0.0-255.255.255.255"]),
        (
            "10.0,1.1-2.7",
            ["10.0.1.7-10.0.1.7", "10.0.2.7-10.0.2.7", "10.1.1.7-10.1.1.7", "10.1.2.7-10.1.2.7"],
        ),
        ("10.0-255.*.*", ["10.0.0.0-10.255.255.255"]),
        ("*.*.*.*", ["0.0.0.0-255.255.255.255"]),
        ("-.-.-.-", ["0.0.0.0-255.255.255.255"]),
        ("10.0.0.-9", ["10.0.0.0-10.0.0.9"]),
        ("10.0.0.250-", ["10.0.0.250-10.0.0.255"]),
        ("10.0.0.1,1,3,2", ["10.0.0.1-10.0.0.3"]),
        ("10.0.0,1.-", ["10.0.0.0-10.0.1.255"]),
        (
            "10.0-3.0.9/24",
            ["10.0.0.0-10.0.0.255", "10.1.0.0-10.1.0.255", "10.2.0.0-10.2.0.255", "10.3.0.0-10.3.0.255"],
        ),
        ("10.0.0.1,130/25", ["10.0.0.0-10.0.0.255"]),
        ("10.0.0.1-10.0.0.9", ["10.0.0.1-10.0.0.9"]),
        ("10.0.0.250-10.0.1.5", ["10.0.0.250-10.0.1.5"]),
        ("2001:db8::1", ["2001:db8::1-2001:db8::1"]),
        ("2001:db8::1/64", ["2001:db8::-2001:db8::ffff:ffff:ffff:ffff"]),
        ("2001:db8::/32", ["2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]),
        ("2001:db8::1-2001:db8::ff", ["2001:db8::1-2001:db8::ff"]),
        ("[2001:db8::1]", ["2001:db8::1-2001:db8::1"]),
        ("[2001:db8::]/64", []),
        ("::ffff:10.0.0.1", ["10.0.0.1-10.0.0.1"]),
        ("::ffff:10.0.0.0/120", ["10.0.0.0-10.0.0.255"]),
    ],
)
def test_addresses(token: str, first_last: list[str]) -> None:
    if not first_last:
        with pytest.raises(UsageError, match="is not :port"):
            spans(token)
    else:
        assert spans(token) == first_last


def test_ipv6_has_no_default_route_surprise() -> None:
    assert parse_target("::/0").spans == ((0, TOP),)


@pytest.mark.parametrize(
    ("token", "port"),
    [
        ("10.0.0.1:80", 80),
        ("10.0.0.0/30:443", 443),
        ("10.0.0.1-9:0", 0),
        ("[2001:db8::1]:65535", 65535),
        ("[2001:db8::/120]:22", 22),
    ],
)
def test_ports_of_addresses(token: str, port: int) -> None:
    target = parse_target(token)
    assert target.port == port
    assert target.spans
    assert target.text == token


@pytest.mark.parametrize(
    ("token", "address", "zone", "port"),
    [
        ("fe80::1%eth0", "fe80::1", "eth0", None),
        ("[fe80::1%eth0]:22", "fe80::1", "eth0", 22),
        ("[fe80::1%eth0]", "fe80::1", "eth0", None),
        ("ff02::1%wlan0.100", "ff02::1", "wlan0.100", None),
        ("2001:db8::1%a%b:c", "2001:db8::1", "a%b:c", None),
    ],
)
def test_zones(token: str, address: str, zone: str, port: int | None) -> None:
    number = int(ipaddress.IPv6Address(address))
    assert parse_target(token) == Target(token, ((number, number),), port=port, zone=zone)


def test_only_one_address_means_all_nodes() -> None:
    words = ("ff02::1", "ff02::1%eth0", "ff02::2", "ff02::1/127", "ff01::1")
    assert [parse_target(word).is_all_nodes for word in words] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("token", "target"),
    [
        ("example.org", Target("example.org", name="example.org")),
        ("localhost", Target("localhost", name="localhost")),
        ("example.org.", Target("example.org.", name="example.org.")),
        ("my_host-1", Target("my_host-1", name="my_host-1")),
        ("example.org:8080", Target("example.org:8080", name="example.org", port=8080)),
        ("example.org/24", Target("example.org/24", name="example.org", prefix=24)),
        ("example.org/64:22", Target("example.org/64:22", name="example.org", prefix=64, port=22)),
        ("müller.example", Target("müller.example", name="müller.example")),
        ("fe80", Target("fe80", name="fe80")),
        ("3com.example", Target("3com.example", name="3com.example")),
    ],
)
def test_names(token: str, target: Target) -> None:
    assert parse_target(token) == target


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "it is empty"),
        ("10.0.0.300", "octet 300 is over 255"),
        ("10.0.0", "an IPv4 address has four octets, this has 3"),
        ("10.0.0.0.0", "this has 5"),
        ("12345", "this has 1"),
        ("*", "this has 1"),
        ("-", "this has 1"),
        ("10.0.0.010", "leading zero"),
        ("10.0.0.1-300", "octet 300 is over 255"),
        ("10.0.0.9-1", "octet range 9-1 ends before it begins"),
        ("10.0.0.1,", 'octet "1," is neither'),
        ("10..0.1", 'octet "" is neither'),
        ("10.0.0.1-2-3", 'octet "1-2-3" is neither'),
        ("10.0.0.**", 'octet "**" is neither'),
        ("10.0.0.0/33", "prefix length /33 is over 32"),
        ("10.0.0.0/", 'prefix length "" is not a number'),
        ("10.0.0.0/255.255.255.0", "as in /24"),
        ("10.0.0.9-10.0.0.1", "the range ends before it begins"),
        ("10.0.0.1-10.0.0", "not an IPv4 address"),
        ("10.0.0.1-10.0.0.9/24", "four octets"),
        ("10.0.0.1:", 'port "" is not a number'),
        ("10.0.0.1:http", 'port "http" is not a number'),
        ("10.0.0.1:65536", "port 65536 is over 65535"),
        ("10.0.0.1:²", 'port "²" is not a number'),
        (":80", "no host stands before the colon"),
        ("[10.0.0.1]:80", "brackets are for IPv6"),
        ("[2001:db8::1:80", "is not closed"),
        ("[2001:db8::1]80", '"80" behind the bracket is not :port'),
        ("[2001:db8::1]:", 'port "" is not a number'),
        ("198.18.0.1%eth0", "only IPv6 addresses have a zone"),
        ("::ffff:198.18.0.1%eth0", "an IPv4 address has no zone"),
        ("example.org%eth0", "only IPv6 addresses have a zone"),
        ("fe80::/120%eth0", "a zone (%) is for a single address"),
        ("fe80::%eth0/120", "a zone (%) is for a single address"),
        ("fe80::1-fe80::2%eth0", "a zone (%) is for a single address"),
        ("fe80::1%", '"" behind the % is no interface'),
        ("fe80::1%sixteen-letters-x", "is no interface's name"),
        ("fe80::1%eth\x1b", "is no interface's name"),
        ("fe80::g%eth0", "hexadecimal digits"),
        ("[fe80::1]%eth0", "behind the bracket is not :port"),
        ("2001:db8::/129", "prefix length /129 is over 128"),
        ("2001:db8::/x", "as in /24"),
        ("2001:db8::1-ff", "needs both of them whole"),
        ("2001:db8::ff-2001:db8::1", "the range ends before it begins"),
        ("2001:db8::g", "hexadecimal digits"),
        ("2001:db8:1", "3 groups instead of eight"),
        ("http://example.org/", "this is a URL"),
        ("1O.0.0.1", "never ends in a number"),
        ("0x7f000001", "not taken in hexadecimal"),
        ("exa mple", "cannot stand in a host name"),
        ("*.example.org", '"*" cannot stand in a host name'),
        ("exam\x1bple", r'"\x1b" cannot stand in a host name'),
        ("a..b", "something between its dots"),
        ("--open", "begins or ends with a hyphen"),
        ("host-", "begins or ends with a hyphen"),
        ("x" * 64, "too long"),
        ("x." * 127 + "x.y", "too long"),
        ("example.org/129", "prefix length /129 is over 128"),
        ("example.org/a", "as in /24"),
        (".", "four octets"),
        ("1-33.0-127.*.1", "make 1,081,344 separate ranges; at most 1,048,576 are taken"),
    ],
)
def test_typos_get_one_line_with_the_reason(token: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_target(token)
    assert str(error.value).startswith(f"target {quoted(token)}: ")
    assert reason in str(error.value)
    assert str(error.value).isprintable()


@given(st.text(max_size=40))
def test_any_word_is_a_target_or_a_usage_error(token: str) -> None:
    try:
        target = parse_target(token)
    except UsageError as error:
        message = str(error)
        assert message.isprintable()
    else:
        assert bool(target.spans) != bool(target.name)


@given(st.text(alphabet="0123456789.,-*/:[]", max_size=30))
def test_numeric_words_are_never_names(token: str) -> None:
    try:
        target = parse_target(token)
    except UsageError as error:
        message = str(error)
        assert message.isprintable()
    else:
        assert target.name is None
        assert all(first <= last for first, last in target.spans)


NUMBER = st.integers(0, 255)
PART = st.one_of(
    NUMBER.map(str),
    st.tuples(NUMBER, NUMBER).map(lambda pair: f"{min(pair)}-{max(pair)}"),
    NUMBER.map(lambda n: f"{n}-"),
    NUMBER.map(lambda n: f"-{n}"),
    st.sampled_from(["*", "-"]),
)
OCTET = st.lists(PART, min_size=1, max_size=3).map(",".join)


def twin_octet(word: str) -> set[int]:
    """The values of an octet, one part after the other."""
    values: set[int] = set()
    for part in word.split(","):
        first, dash, last = part.replace("*", "-").partition("-")
        values |= set(range(int(first or 0), int(last or 255) + 1)) if dash else {int(first)}
    return values


@given(
    st.lists(OCTET, min_size=4, max_size=4),
    st.sampled_from([32, 31, 28, 25]),
    st.lists(NUMBER, min_size=4, max_size=4),
)
def test_octet_ranges_equal_the_twin(octets: list[str], bits: int, probe: list[int]) -> None:
    sets = [twin_octet(word) for word in octets]
    if len(sets[0]) * len(sets[1]) * len(sets[2]) > 5000:
        sets[:2] = [{10}, {0}]
        octets[:2] = ["10", "0"]
    space = AddressSpace.of(parse_target(".".join(octets) + f"/{bits}").spans)
    low = (1 << (32 - bits)) - 1
    last_octets = {value & ~low | extra for value in sets[3] for extra in range(low + 1)}
    assert space.size == len(sets[0]) * len(sets[1]) * len(sets[2]) * len(last_octets)
    for chosen in product(*[[value, min(sets[at])] for at, value in enumerate(probe)]):
        number = V4_BASE + sum(value << 24 - 8 * at for at, value in enumerate(chosen))
        inside = all(value in values for value, values in zip(chosen, [*sets[:3], last_octets], strict=True))
        assert (number in space) == inside


@given(st.integers(0, (1 << 32) - 1), st.integers(0, 32))
def test_networks_equal_the_twin(v4: int, bits: int) -> None:
    net = ipaddress.IPv4Network((v4, bits), strict=False)
    expected = (V4_BASE + int(net.network_address), V4_BASE + int(net.broadcast_address))
    assert parse_target(f"{ipaddress.IPv4Address(v4)}/{bits}").spans == (expected,)


def test_the_largest_octet_range_that_is_taken() -> None:
    assert len(parse_target("1-32.0-127.*.1").spans) == 1 << 20


def test_exact() -> None:
    assert parse_target("10.0.0.1").is_exact
    assert parse_target("10.0.0.1/32:80").is_exact
    assert not parse_target("10.0.0.1-2").is_exact
    assert not parse_target("example.org").is_exact


LISTED = "10.0.0.1\t10.0.0.2\r\n# all\r\n\r\n  example.org#the web\n2001:db8::1 # :)\r10.0.0.3"


def words(text: str) -> list[str]:
    """Slow twin of `target_words`: all at once."""
    return [word for line in text.splitlines() for word in line.partition("#")[0].split()]


def test_lists_take_comments_white_space_and_any_line_end() -> None:
    assert [*target_words([LISTED])] == ["10.0.0.1", "10.0.0.2", "example.org", "2001:db8::1", "10.0.0.3"]
    for text in ("", "# nothing\n", "\n"):
        assert [*target_words([text])] == []


@given(st.lists(st.text("ab#\r\n \t\x0b\x85\u2028\xa0", max_size=6), max_size=12))
def test_lists_say_the_same_however_they_come(chunks: list[str]) -> None:
    assert [*target_words(chunks)] == words("".join(chunks))


def endless(piece: str) -> Iterator[str]:
    for _ in range(1_000):
        yield piece
    raise AssertionError("it reads on and on")


@pytest.mark.parametrize("piece", ["\0" * 999, "a", "a" * LONGEST_WORD])
def test_a_word_without_end_is_refused(piece: str) -> None:
    with pytest.raises(UsageError, match="longer than 4,096 characters"):
        [*target_words(endless(piece * 10))]


def test_the_longest_words_are_taken() -> None:
    octet = ",".join(map(str, range(256)))
    longest = ".".join([octet] * 4)
    assert len(longest) < LONGEST_WORD
    assert parse_target(longest).spans == parse_target("0.0.0.0/0").spans
    assert [*target_words(longest)] == [longest]


def test_lines_and_comments_may_be_as_long_as_they_like() -> None:
    kept = target_words(endless_line())
    assert sum(1 for _ in kept) == 1 + 2_000


def endless_line() -> Iterator[str]:
    """One line of many words and a long comment."""
    yield from ["10.0.0.1 10.0.0.2 "] * 1_000
    yield "#"
    yield from ["no words " * 100] * 1_000
    yield "\n10.0.0.3"
