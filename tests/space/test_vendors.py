"""Vendors from lists that are made up; the slow twin reads them line by line."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.space.vendors import FEW, VendorLists, _List

LARGE = (
    b"OUI/MA-L   Organization\r\ncompany_id Organization\r\n\r\n"
    b"00-53-AA   (hex)\t\tLarge  Works\r\n0053AA     (base 16)\t\tLarge Works\r\n\t\t\t\tSome Street 1\r\n\r\n"
    b"00-53-BB   (hex)\t\tShared Blocks\r\n0053BB     (base 16)\t\tShared Blocks\r\n"
    b"00-53-CC   (hex)\t\tCaf\xc3\xa9 \xff\r\n0053CC     (base 16)\t\tx\r\n"
    b"00-53-DD   (hex)\t\t\r\n0053DD     (base 16)\t\t\r\n"
    b"00-53-EE   (hex)\t\tNo second line\r\n"
)
MEDIUM = (
    b"00-53-BB   (hex)\t\tMedium Works\n400000-4FFFFF     (base 16)\t\tMedium Works\n"
    b"00-53-BB   (hex)\t\tOdd Ends\n600000-6FFFFE     (base 16)\t\tOdd Ends\n"
    b"00-53-BB   (hex)\t\tCrooked\n680000-77FFFF     (base 16)\t\tCrooked\n"
)
SMALL = (
    b"00-53-BB                      (hex)      Small Works  \n4AB000-4ABFFF     (base 16)    Small Works\n"
)
IEEE = VendorLists([LARGE, MEDIUM, SMALL])
TAB_LIST = (
    b"# comment\n00:53:AA\tLargeWor\tLarge Works\n00:53:BB:40:00:00/28\tMediumWo\tMedium Works\t# and a word\n"
    b"00:53:BB:4A:B0:00/36 \tSmallWor  \n00:53:CC\tOldName                # its long name\n"
    b"00:53:DD:00:00:00/99\tno\n00:53:DD:00:00:00:00\tno\n00:53:DD:00:00:00/08\tno\n00:53:DD\t# only a word\n"
    b"00:53:EE:01:02:03\tOne Card\n00:53:EE\tFirst\n00:53:EE\tSecond"
)
TABS = VendorLists([TAB_LIST])
BLANKS = VendorLists([b"# comment\n0053AA Large Works\n0053BB4 Medium Works\n0053BB4AB Small Works\n0053C"])


def number(text: str) -> int:
    return int(text.replace(":", ""), 16)


@pytest.mark.parametrize(
    ("lists", "address", "vendor"),
    [
        (IEEE, "00:53:AA:00:00:01", "Large Works"),
        (IEEE, "00:53:BB:00:00:01", "Shared Blocks"),
        (IEEE, "00:53:BB:4F:00:01", "Medium Works"),
        (IEEE, "00:53:BB:4A:BF:FF", "Small Works"),
        (IEEE, "00:53:BB:4A:C0:00", "Medium Works"),
        (IEEE, "00:53:BB:60:00:00", "Shared Blocks"),
        (IEEE, "00:53:BB:68:00:00", "Shared Blocks"),
        (IEEE, "00:53:CC:00:00:01", "Café \ufffd"),
        (IEEE, "00:53:DD:00:00:01", None),
        (IEEE, "00:53:EE:00:00:01", None),
        (IEEE, "40:00:00:00:00:01", None),
        (TABS, "00:53:AA:00:00:01", "Large Works"),
        (TABS, "00:53:BB:4F:00:01", "Medium Works"),
        (TABS, "00:53:BB:4A:B0:01", "SmallWor"),
        (TABS, "00:53:BB:50:00:01", None),
        (TABS, "00:53:CC:00:00:01", "OldName"),
        (TABS, "00:53:DD:00:00:00", None),
        (TABS, "00:53:EE:01:02:03", "One Card"),
        (TABS, "00:53:EE:01:02:04", "First"),
        (BLANKS, "00:53:AA:00:00:01", "Large Works"),
        (BLANKS, "00:53:BB:4F:00:01", "Medium Works"),
        (BLANKS, "00:53:BB:4A:B0:01", "Small Works"),
        (BLANKS, "00:53:C0:00:00:01", None),
        (VendorLists([]), "00:53:AA:00:00:01", None),
        (VendorLists([b""]), "00:53:AA:00:00:01", None),
    ],
)
def test_the_longest_block_names_the_vendor(lists: VendorLists, address: str, vendor: str | None) -> None:
    assert lists.vendor(number(address)) == vendor
    assert lists.vendor(number(address)) == vendor


Entry = tuple[int, int, str]  # bits, prefix, name

OUIS = st.sampled_from([0x0053AA, 0x0053BB, 0xABCDEF])
NAMES = st.text("Aa (-#):1", min_size=1).filter(lambda name: name.strip("Aa1-:") == "" and name.strip())


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Blocks of three lengths."""
    made = []
    for oui, bits, low, name in draw(
        st.lists(
            st.tuples(OUIS, st.sampled_from([24, 28, 36]), st.integers(0, (1 << 12) - 1), NAMES), max_size=30
        )
    ):
        prefix = oui << bits - 24 | low & (1 << bits - 24) - 1
        made.append((bits, prefix, name))
    return made


def written(rows: Iterable[Entry], layout: str) -> bytes:
    """Such a list in one of the layouts."""
    lines = []
    for bits, prefix, name in rows:
        first = prefix << 48 - bits
        octets = [f"{first >> shift & 255:02X}" for shift in range(40, -1, -8)]
        if layout == "ieee":
            low = f"{first & 0xFFFFFF:06X}-{first & 0xFFFFFF | (1 << 48 - bits) - 1:06X}"
            second = "".join(octets[:3]) if bits == 24 else low
            lines.append(
                f"{'-'.join(octets[:3])}   (hex)\t\t{name}\n{second}     (base 16)\t\t{name}\n\t\t\t\tX\n"
            )
        elif layout == "tabs":
            lines.append(f"{':'.join(octets)}/{bits}\tshort\t{name}\n")
        else:
            lines.append(f"{''.join(octets)[: bits // 4]} {name}\n")
    return "".join(lines).encode()


@given(entries(), st.sampled_from(["ieee", "tabs", "blanks"]), st.data())
def test_every_layout_says_what_a_plain_search_says(
    rows: list[Entry], layout: str, data: st.DataObject
) -> None:
    """The slow twin looks at every entry."""
    near = st.sampled_from([prefix << 48 - bits for bits, prefix, _ in rows] or [0])
    mac = data.draw(
        near | st.tuples(OUIS, st.integers(0, 0xFFFFFF)).map(lambda pair: pair[0] << 24 | pair[1])
    )
    fitting = [(bits, name) for bits, prefix, name in rows if mac >> 48 - bits == prefix]
    longest = max((bits for bits, _ in fitting), default=0)
    expected = next((" ".join(name.split()) for bits, name in fitting if bits == longest), None)
    assert VendorLists([written(rows, layout)]).vendor(mac) == expected


LIKELY = st.text("0123456789abcdefABCDEF:-/ \t\r\n#()hexbase16\xa0").map(str.encode)
PIECES = st.lists(
    st.sampled_from(
        [b"00-53-AA", b"0053AA", b"00:53:AA", b"   (hex)\t\t", b"\n", b"400000-4FFFFF", b"     (base 16)"]
    )
    | LIKELY
).map(b"".join)


@given(
    st.lists(st.binary() | LIKELY | PIECES, max_size=3),
    st.just(0x0053AA400001) | st.integers(0, (1 << 48) - 1),
)
def test_whatever_stands_in_a_list_there_is_a_name_or_none(texts: list[bytes], mac: int) -> None:
    vendor = VendorLists(texts).vendor(mac)
    assert vendor is None or (vendor and vendor == " ".join(vendor.split()))


@given(
    st.binary() | LIKELY | PIECES, st.sampled_from([0x0053AA, 0x400000, 0xABCDEF]) | st.integers(0, 0xFFFFFF)
)
def test_a_search_and_the_column_find_the_same_lines(text: bytes, oui: int) -> None:
    made = _List(text)
    assert list(made.searched(oui)) == made.looked_up(oui)


def test_many_vendors_are_found_as_few_are() -> None:
    rows = [(24, 0x005300 + last, f"Works {last}") for last in range(3 * FEW)]
    for layout in ("ieee", "tabs", "blanks"):
        lists = VendorLists([written(rows, layout)])
        found = [lists.vendor(prefix << 24) for _, prefix, _ in rows]
        assert found == [name for _, _, name in rows]
        assert (lists._lists[0]._column is None) == (len(rows) <= FEW)
