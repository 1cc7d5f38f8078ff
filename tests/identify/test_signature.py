"""Reading signatures, their literals and CPE names; the quick way of matching against the plain one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import UsageError
from periplus.identify.signature import (
    Match,
    Signature,
    Signatures,
    cpe_23,
    literal_of,
    read_signatures,
    unnested,
)

ENTRY = """
[[signature]]
field = "ssh.software"
match = '^Open(?P<word>SSH)_(?P<version>[\\d.]+)(?: on (?P<system>\\w+))?'
product = "Open{word}"
vendor = "OpenBSD"
os = "{system}"
cpe = ["a:openbsd:openssh:{version}", "o:any:{system}"]
sample = "OpenSSH_9.6"
origin = "this test"
"""


def test_an_entry_is_read_and_reads() -> None:
    [entry] = read_signatures(ENTRY)
    found = entry.read("OpenSSH_9.6 on Plan9")
    assert found is not None
    assert (found.product, found.version, found.os) == ("OpenSSH", "9.6", "Plan9")
    assert found.cpe == (
        "cpe:2.3:a:openbsd:openssh:9.6:*:*:*:*:*:*:*",
        "cpe:2.3:o:any:plan9:*:*:*:*:*:*:*:*",
    )
    assert found.rule.startswith("ssh.software ~ ^Open")
    without = entry.read("openssh_9.6")
    assert without is not None
    assert without.os is None
    assert entry.read("dropbear") is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("sample = ", "simple = "), "sample, simple is missing or unknown"),
        (("[\\d.]+", "[\\d.+"), "in '^Open"),
        (('vendor = "OpenBSD"', "vendor = 1"), "all else is text"),
        (("[[signature]]", "[[signature"), "no TOML"),
        (("[[signature]]", f"a = {'[' * 9_999}"), "no TOML"),
        (("[[signature]]", f"a = {'9' * 9_999}"), "no TOML"),
    ],
)
def test_a_wrong_entry_is_refused_in_words(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(UsageError, match=re.escape(problem)):
        read_signatures(ENTRY.replace(*change))


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (r"^OpenSSH_(?P<version>[\w.]+)", "openssh_"),
        (r"colou?rs\.x{2}y", "colo"),
        (r"a|bc", ""),
        (r"(?:a|b)cd", "cd"),
        (r"ab*cde+fgh", "cde"),
        (r"[abc)]+def\(", "def("),
        (r"\d\w", ""),
        (r"a\x80bcd\101e", "bcd"),
        (r"x(y(z))w?", "x"),
    ],
)
def test_literals(pattern: str, literal: str) -> None:
    assert literal_of(pattern) == literal


PIECES = st.sampled_from(
    ["a", "bc", ".", "a*", "b+", "c?", "(?:ab)?", "(a|b)", "[ab]", "a{2}", r"\.", r"\d", "B", "|", "^"]
)


@given(st.lists(PIECES, max_size=6).map("".join), st.text("abcABC.1", max_size=12))
def test_whatever_matches_holds_the_literal(pattern: str, text: str) -> None:
    if re.search(pattern, text, re.IGNORECASE | re.ASCII | re.DOTALL):
        assert literal_of(pattern) in text.lower()


def plainly(entries: list[Signature], field: str, text: str) -> Match | None:
    """The slow twin: every expression in turn."""
    return next((found for each in entries if each.field == field and (found := each.read(text))), None)


@given(
    st.lists(st.tuples(st.sampled_from("fg"), st.lists(PIECES, max_size=4).map("".join)), max_size=6),
    st.text("abcABC.1", max_size=12),
)
def test_matching_agrees_with_trying_every_expression(some: list[tuple[str, str]], text: str) -> None:
    entries = [
        Signature(field, pattern, "", "", product=str(row)) for row, (field, pattern) in enumerate(some)
    ]
    assert Signatures(entries).match("f", text) == plainly(entries, "f", text)
    assert len(Signatures(entries)) == len(list(Signatures(entries))) == len(entries)


@pytest.mark.parametrize(
    ("short", "groups", "name"),
    [
        ("a:x:y:{version}", {"version": "1.0 Beta+2"}, r"cpe:2.3:a:x:y:1.0_beta\+2:*:*:*:*:*:*:*"),
        ("o:debian:debian_linux:{release}", {}, "cpe:2.3:o:debian:debian_linux:*:*:*:*:*:*:*:*"),
        ("h:cisco", {}, "cpe:2.3:h:cisco:*:*:*:*:*:*:*:*:*"),
    ],
)
def test_cpe_names(short: str, groups: dict[str, str], name: str) -> None:
    assert cpe_23(short, groups) == name


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        (r"^v([\w.]+)+!", r"^v([\w.]+)!"),
        (r"(?:a+)*b", r"(?:a+)?b"),
        (r"(.*)+ (\d*)*", r"(.*) (\d*)"),
        (r"(?:[^\r\n]+\r\n)*?x(ab+)+", r"(?:[^\r\n]+\r\n)*?x(ab+)+"),
        (r"\(a+\)+", r"\(a+\)+"),
        (r"([)+]+)+", r"([)+]+)"),
    ],
)
def test_repetitions_of_repetitions_are_made_one(pattern: str, meant: str) -> None:
    assert unnested(pattern) == meant


@given(st.text("ab!", max_size=12), st.sampled_from([r"(a+)+", r"(a+)*", r"(?:[ab]*)+", r"(a*)*"]))
def test_which_match_the_same(text: str, nested: str) -> None:
    slow, quick = (re.fullmatch(f"{each}!", text) for each in (nested, unnested(nested)))
    assert (slow is None) == (quick is None)
