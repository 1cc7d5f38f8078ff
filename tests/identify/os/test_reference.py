"""Reference fingerprints: the format by a file of our own, expressions, and the fit against a plain reckoning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.findings import OsClass
from periplus.identify.os.reference import References, fits, read_osdb

FILE = """# A comment
MatchPoints
SEQ(SP=25%TI=100)
T1(R=100%DF=20%T=15%Q=20)
T2(R=80%W=25)

# Another
Fingerprint Example OS 1 - 2
Class Example | Example OS | 1.X | general purpose
CPE cpe:/o:example:os:1 auto
CPE cpe:/h:example:box
Class Example | Example OS || router
SEQ(SP=8-20%TI=Z)
T1(R=Y%DF=Y%T=3B-45%Q=)
T2(R=N)
what no reader knows

Fingerprint Example OS 3
Class Example | Example OS | 3.X | general purpose
SEQ(SP=>20%TI=I|RD)
T1(R=Y%DF=N%T=FA-104)
T2(R=Y%W=0)
"""


def test_a_file() -> None:
    found = read_osdb(FILE)
    first, second = found.known
    assert (first.name, first.line, second.name) == ("Example OS 1 - 2", 8, "Example OS 3")
    assert first.classes == (
        OsClass(
            "Example", "Example OS", "1.X", "general purpose", ("cpe:/o:example:os:1", "cpe:/h:example:box")
        ),
        OsClass("Example", "Example OS", None, "router"),
    )
    assert found.points["T1", "R"] == 100


def test_a_fit_is_the_points_that_match_by_those_that_both_have() -> None:
    found = read_osdb(FILE)
    tests = {
        "SEQ": {"SP": "10", "TI": "Z"},
        "T1": {"R": "Y", "DF": "N", "T": "40", "Q": ""},
        "T2": {"R": "N"},
    }
    first = (25 + 100 + 100 + 15 + 20 + 80) / (25 + 100 + 100 + 20 + 15 + 20 + 80)
    second = (100 + 20) / (25 + 100 + 100 + 20 + 15 + 80)
    assert found.fit(tests).tolist() == pytest.approx([first, second])
    [(fit, best)] = found.best(tests, 0.85, 5)
    assert fit == pytest.approx(first)
    assert best.name == "Example OS 1 - 2"
    assert found.fit({}).tolist() == [0, 0]


def test_a_name_is_told_once() -> None:
    twice = read_osdb(FILE.replace("OS 3", "OS 1 - 2"))
    assert len(twice.best({"T1": {"R": "Y"}}, 0.5, 5)) == 1


@pytest.mark.parametrize(
    ("value", "expression", "is_so"),
    [
        ("Z", "Z", True),
        ("Z", "I|RD", False),
        ("RD", "I|RD", True),
        ("40", "3B-45", True),
        ("46", "3B-45", False),
        ("9", ">8", True),
        ("8", ">8", False),
        ("7", "<8", True),
        ("", "", True),
        ("", "A|", True),
        ("S+", "O|S+", True),
        ("M5B4ST11NW7", "M5B4ST11NW7|M400", True),
        ("M5B4ST11NW7", "M[>500]ST11NW[0-9]", True),
        ("M5B4ST11NWA", "M[>500]ST11NW[0-9]", False),
        ("M400", "M[>500]|M[1|400]", True),
        ("M5B4", "M[>500]ST11", False),
        ("G", "F-20", False),
    ],
)
def test_expressions(value: str, expression: str, is_so: bool) -> None:
    assert fits(value, expression) is is_so


def plain(references: References, tests: dict[str, dict[str, str]], row: int) -> float:
    """The fit of one reference, value by value."""
    matched = possible = 0
    for (test, key), points in references.points.items():
        column = references.columns.get((test, key))
        if column is None or column.which[row] < 0 or key not in tests.get(test, {}):
            continue
        possible += points
        matched += points * fits(tests[test][key], column.expressions[column.which[row]])
    return matched / possible if possible else 0.0


VALUES = st.dictionaries(
    st.sampled_from(["SP", "TI", "R", "DF", "T", "Q", "W"]), st.sampled_from(["Z", "Y", "40", "21", ""])
)


@given(st.dictionaries(st.sampled_from(["SEQ", "T1", "T2"]), VALUES))
def test_columns_agree_with_the_plain_twin(tests: dict[str, dict[str, str]]) -> None:
    found = read_osdb(FILE)
    assert found.fit(tests).tolist() == pytest.approx([plain(found, tests, 0), plain(found, tests, 1)])


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text(text: str, value: str) -> None:
    read_osdb(FILE + text).fit({"T1": {"R": value}})
    fits(value, text)
