"""Which list is used, when it is read, and what is told of it. All lists are made up."""

from pathlib import Path

import pytest

from periplus.scan.vendor import PLACES, Place, Vendors

ADDRESS = "00:53:BB:41:00:01"
LARGE = "00-53-BB   (hex)\t\tShared Blocks\n0053BB     (base 16)\t\tShared Blocks\n"
MEDIUM = "00-53-BB   (hex)\t\tMedium Works\n400000-4FFFFF     (base 16)\t\tMedium Works\n"


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Two directories, still empty."""
    made: list[Place] = [(tmp_path / "ieee", ("oui.txt", "mam.txt")), (tmp_path / "tabs", ("manuf",))]
    for directory, _ in made:
        directory.mkdir()
    return made


def test_the_first_place_that_has_a_list_is_used_and_named(places: list[Place]) -> None:
    told: list[str] = []
    (ieee, _), (tabs, _) = places
    (ieee / "mam.txt").write_text(MEDIUM)  # alone it is no list: the large blocks are missing
    (tabs / "manuf").write_text("00:53:BB\tTabbed\tTabbed Works\n")
    assert Vendors(told.append, places).vendor(ADDRESS) == "Tabbed Works"
    (ieee / "oui.txt").write_text(LARGE)
    assert Vendors(told.append, places).vendor(ADDRESS) == "Medium Works"
    (ieee / "mam.txt").unlink()
    assert Vendors(told.append, places).vendor(ADDRESS.lower()) == "Shared Blocks"
    assert told == [
        f"Vendors from {tabs}/manuf",
        f"Vendors from {ieee}/oui.txt, mam.txt",
        f"Vendors from {ieee}/oui.txt",
    ]


def test_a_list_is_read_once_and_only_for_an_address_that_a_vendor_may_have(places: list[Place]) -> None:
    told: list[str] = []
    vendors = Vendors(told.append, places)
    (places[0][0] / "oui.txt").write_text(LARGE + LARGE.replace("00-53", "02-53").replace("0053", "0253"))
    assert vendors.vendor("02:53:BB:00:00:01") is None  # locally administered
    assert told == []
    assert vendors.vendor(ADDRESS) == "Shared Blocks"
    assert all(vendors.vendor(f"00:54:{last:02X}:00:00:01") is None for last in range(20))
    assert len(told) == 1


def test_an_empty_list_is_a_list_and_a_directory_is_none(places: list[Place]) -> None:
    told: list[str] = []
    (places[0][0] / "oui.txt").mkdir()
    (places[1][0] / "manuf").write_bytes(b"")
    assert Vendors(told.append, places).vendor(ADDRESS) is None
    assert told == [f"Vendors from {places[1][0]}/manuf"]


def test_a_machine_without_lists_has_no_vendors(places: list[Place]) -> None:
    told: list[str] = []
    vendors = Vendors(told.append, places)
    assert [vendors.vendor(ADDRESS), vendors.vendor(ADDRESS)] == [None, None]
    assert told == ["No vendors: this machine has no list of them, such as Debian's ieee-data"]


def test_the_ieee_s_own_lists_come_first() -> None:
    assert [names[0] for _, names in PLACES] == ["oui.txt", "oui.txt", "manuf", "nmap-mac-prefixes"]
    assert all(directory.is_absolute() for directory, _ in PLACES)
