"""The list of fragile ports has what it must have, and names take single ports out of it."""

from periplus.space.fragile import FRAGILE, INDUSTRIAL, PRINTERS, spared

MUST = {
    *range(9100, 9108),
    *(102, 502, 789, 1911, 1962, 2222, 2404, 2455, 4840, 4911, 5006, 5007, 5094, 9600),
    *(18245, 20000, 20547, 44818, 47808),
}


def test_the_list_is_whole() -> None:
    assert MUST <= FRAGILE
    assert set(PRINTERS) <= FRAGILE
    assert all(ports == tuple(sorted(ports)) for ports in INDUSTRIAL.values())


def test_a_name_takes_one_port_out() -> None:
    assert spared() == FRAGILE
    assert spared([502, 80]) == FRAGILE - {502}
