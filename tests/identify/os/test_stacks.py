"""The stacks that ship with the program."""

import tomllib

from tests.identify.os.stack import Linux
from tests.identify.os.test_fingerprint import observed

from periplus.data import os_text
from periplus.identify.os.fingerprint import fingerprint
from periplus.identify.os.probe import NUMBERS
from periplus.identify.os.stacks import read_stacks

STACKS = read_stacks(os_text())


def test_linux_is_told_with_and_without_the_distance() -> None:
    seen = observed(Linux(hops=4))
    for _ in range(2):
        (fit, first), (second, _) = STACKS.best(fingerprint(seen).tests, 0.0, 2)
        assert (fit, first.name) == (1.0, "Linux")
        assert second < 0.75
        seen.answers.pop(NUMBERS["U1"], None)


def test_options_and_initial_ttl_tell_the_others_apart() -> None:
    windows = {"OPS": {"O1": "M5B4NW8ST11"}, "WIN": {"W1": "FFFF"}, "T1": {"TG": "80", "DF": "Y"}}
    assert STACKS.best(windows, 1.0, 1)[0][1].name == "Microsoft Windows"
    bsd = windows | {"T1": {"T": "40", "DF": "Y"}}
    assert STACKS.best(bsd, 1.0, 1)[0][1].name == "FreeBSD"


def test_every_stack_has_an_origin_and_a_fit_of_its_own() -> None:
    rows = tomllib.loads(os_text())["os"]
    assert all(row["origin"] for row in rows)
    told = [(row["options"], row["ttl"], row.get("window")) for row in rows]
    assert len(set(told)) == len(rows) == len(STACKS.known)
