"""The text of addresses; the standard library's ipaddress is the slow twin."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import UsageError
from periplus.space.ip import TOP, V4_BASE, format_ip, is_link_local, network, parse_ip, read_ip

GROUPS = st.lists(st.one_of(st.just(0), st.just(0xFFFF), st.integers(0, 0xFFFF)), min_size=8, max_size=8)
V6 = GROUPS.map(lambda groups: int.from_bytes(b"".join(g.to_bytes(2, "big") for g in groups), "big"))
V4 = st.integers(0, (1 << 32) - 1).map(lambda v4: V4_BASE | v4)
ANY = st.one_of(V4, V6)


def twin_text(number: int) -> str:
    """What `format_ip` says, by the standard library."""
    if number >> 32 == 0xFFFF:
        return str(ipaddress.IPv4Address(number & 0xFFFF_FFFF))
    return str(ipaddress.IPv6Address(number))


@given(ANY)
def test_text_equals_the_twin_and_reads_back(number: int) -> None:
    assert format_ip(number) == twin_text(number)
    assert parse_ip(format_ip(number)) == number


@given(st.text(alphabet="0123456789abcdefF:.", max_size=42))
def test_reading_accepts_what_the_twin_accepts(text: str) -> None:
    try:
        twin: int | None = int(ipaddress.ip_address(text))
    except ValueError:
        twin = None
    if twin is not None and ":" not in text:
        twin |= V4_BASE
    try:
        ours: int | None = read_ip(text)
    except ValueError:
        ours = None
    assert ours == twin


@given(st.text(max_size=60))
def test_reading_anything_raises_one_kind_of_error(text: str) -> None:
    try:
        outcome: int | str = parse_ip(text)
    except UsageError as error:
        outcome = str(error)
    assert outcome.isprintable() if isinstance(outcome, str) else 0 <= outcome <= TOP


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.0.0.0", V4_BASE),
        ("255.255.255.255", V4_BASE | 0xFFFF_FFFF),
        ("::", 0),
        ("::1", 1),
        ("::ffff:198.18.0.1", V4_BASE | 0xC612_0001),
        ("2001:DB8::1", 0x20010DB8 << 96 | 1),
        ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
        ("64:ff9b::192.0.2.1", 0x0064_FF9B << 96 | 0xC000_0201),
    ],
)
def test_known_addresses(text: str, number: int) -> None:
    assert parse_ip(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10.0.0.300", "octet 300 is over 255"),
        ("10.0.0.99999999999999999999", "octet 999999999999 is over 255"),
        ("10.0.0.01", "leading zero"),
        ("10.0.0", "not an IPv4 address"),
        ("", "not an IPv4 address"),
        ("fe80::1%eth0", "zone ids"),
        ("1::2::3", "only once"),
        (":::", "only once"),
        ("1:2:3", "3 groups instead of eight"),
        ("1:2:3:4:5:6:7:8:9", "more than eight groups"),
        ("1:2:3:4::5:6:7:8", "stands for no group"),
        ("1:2:3:4:5:6:7:", 'group "" is not'),
        ("12345::", "one to four hexadecimal digits"),
        ("1.2.3.4::", "one to four hexadecimal digits"),
        ("::1.2.3.256", "over 255"),
    ],
)
def test_errors_name_the_token_and_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_ip(text)
    assert str(error.value).startswith(f'address "{text}": ')
    assert reason in str(error.value)


@given(V4, st.integers(0, 32))
def test_v4_network_equals_the_twin(number: int, prefix: int) -> None:
    twin = ipaddress.ip_network((number & 0xFFFF_FFFF, prefix), strict=False)
    first, last = network(number, prefix)
    assert first == V4_BASE | int(twin.network_address)
    assert last == V4_BASE | int(twin.broadcast_address)


@given(V6.filter(lambda n: n >> 32 != 0xFFFF), st.integers(0, 128))
def test_v6_network_equals_the_twin(number: int, prefix: int) -> None:
    twin = ipaddress.IPv6Network((number, prefix), strict=False)
    assert network(number, prefix) == (int(twin.network_address), int(twin.broadcast_address))


@pytest.mark.parametrize(("address", "prefix"), [(V4_BASE, 33), (1, 129), (1, -1)])
def test_prefixes_beyond_the_family_are_refused(address: int, prefix: int) -> None:
    with pytest.raises(ValueError, match="prefix length"):
        network(address, prefix)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("fe80::1", True),
        ("febf::1", True),
        ("fec0::1", False),
        ("fe7f::1", False),
        ("2001:db8::1", False),
        ("198.18.0.1", False),
    ],
)
def test_which_addresses_are_link_local(text: str, is_one: bool) -> None:
    assert is_link_local(parse_ip(text)) == is_one
