"""Reading the format of nmap-service-probes: lines of this test's own, and the machine's copy if it has one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.identify.nmapdb import (
    HARD,
    LEAST_ANSWER,
    LEAST_LITERAL,
    NAMES,
    SOFT,
    NmapDb,
    read_nmapdb,
)
from periplus.identify.signature import Opinion
from periplus.scan.identifier import WHERE_NMAP_INSTALLS

TEXT = r"""# a comment
Probe TCP NULL q||
match thing m|^Thing/([\d.]+) on (\w+)\r\n| p/Thing/ v/$1/ i/by $P(2)/ cpe:/a:maker:thing:$1/a cpe:/o:$2:$2/ o/$2/
match other m=^o\x80ther ([^ ]*)\R=si p/Other/ v/$SUBST(1,"_",".")/
match number m|^Number(..)| i/$I(1,">") or $I(1,"<")/
softmatch soft m|^soft|
match short m|^xy|
match broken m|^bro(ken| p/Never/
match wrong m|no end
match odd m|^odd| q/what/
"""
DB = read_nmapdb(TEXT)
INSTALLED = [Path(path) for path in WHERE_NMAP_INSTALLS if Path(path).is_file()]


def test_what_lines_read() -> None:
    thing = DB.opinion(b"Thing/1.2 on Plan9\r\n")
    assert thing is not None
    assert (thing.service, thing.confidence, thing.match.rule) == (
        "thing",
        HARD,
        "line 3 of nmap-service-probes",
    )
    assert (thing.match.product, thing.match.version, thing.match.info) == ("Thing", "1.2", "by Plan9")
    assert thing.match.os == "Plan9"
    assert thing.match.cpe == (
        "cpe:2.3:a:maker:thing:1.2:*:*:*:*:*:*:*",
        "cpe:2.3:o:plan9:plan9:*:*:*:*:*:*:*:*",
    )


def test_bytes_flags_and_functions() -> None:
    other = DB.opinion(b"O\x80THER 1_2_3\n")
    assert other is not None
    assert (other.service, other.match.version) == ("other", "1.2.3")
    number = DB.opinion(b"Number\x01\x02")
    assert number is not None
    assert number.match.info == "258 or 513"


def test_a_short_answer_to_a_question_that_was_not_asked_names_nobody() -> None:
    asked = "Probe TCP Help q|HELP|\nmatch chat m|^ERROR\\r\\n$| p/Chat/\nmatch long m|^I am long| p/Long/\n"
    db = read_nmapdb(f"{asked}Probe TCP NULL q||\nmatch brief m|^BRIEF| p/Brief/\n")
    assert [line.greets for line in db.lines] == [False, False, True]
    assert db.opinion(b"ERROR\r\n") is None
    known = db.opinion(b"ERROR\r\n", "chat")
    assert known is not None
    assert known.match.product == "Chat"
    for said, product in ((b"I am long", "Long"), (b"BRIEF", "Brief")):
        found = db.opinion(said)
        assert found is not None
        assert found.match.product == product


def test_a_hostile_text_does_not_take_for_ever() -> None:
    db = read_nmapdb("Probe TCP NULL q||\nmatch agent m|^Agent Ready v([\\w._]+)+! end| p/Agent/ v/$1/\n")
    assert db.opinion(b"Agent Ready v" + b"a" * 4000 + b"? end") is None
    found = db.opinion(b"Agent Ready v1.2_a! end")
    assert found is not None
    assert found.match.version == "1.2_a"


def test_soft_lines_are_less_sure() -> None:
    soft = DB.opinion(b"soft spoken")
    assert soft is not None
    assert (soft.service, soft.confidence) == ("soft", SOFT)
    assert DB.opinion(b"nothing like it") is None


def test_lines_count_for_their_protocol_and_if_they_say_enough() -> None:
    assert DB.opinion(b"Thing/1.2 on Plan9\r\n", "other") is None
    assert DB.opinion(b"Thing/1.2 on Plan9\r\n", "thing") is not None
    assert DB.opinion(b"xy") is None


def test_what_cannot_be_used_is_told_by_its_line() -> None:
    problems = list(DB.problems())
    assert [problem.split(":")[0] for problem in problems] == ["line 9", "line 10", "line 8"]
    assert DB.opinion(b"broken") is None


def plainly(db: NmapDb, data: bytes, protocol: str | None) -> Opinion | None:
    """Slow twin of `opinion`: every line is tried."""
    text = data.decode("latin-1")
    names = (protocol, NAMES.get(protocol or "", protocol))
    soft: Opinion | None = None
    for line in db.lines:
        least = LEAST_ANSWER if protocol is None and not line.greets else LEAST_LITERAL
        if len(line.literal) < least or (protocol is not None and line.service not in names):
            continue
        match = line.read(text)
        if match and line.hard:
            return Opinion(line.service, HARD, match)
        soft = soft or (Opinion(line.service, SOFT, match) if match else None)
    return soft


WORDS = [
    "Thing",
    "Thing/1",
    "thin",
    "OTHER",
    "othe",
    "\xc4rger",
    "xy",
    " ",
    "^",
    ".*",
    "\\d+",
    "soft",
    "a",
    "|b",
]
LINES = st.lists(
    st.tuples(
        st.sampled_from(["match", "softmatch"]),
        st.sampled_from(["thing", "domain", "smb"]),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join),
        st.sampled_from(["", "i", "s", "is"]),
    ).map(lambda parts: "{} {} m={}={} p/It/".format(*parts)),
    max_size=12,
)
SAID = st.lists(st.sampled_from([*WORDS, "THING", "1.2", "\xe4RGER"]), max_size=6).map("".join)


@given(LINES, LINES, SAID, st.sampled_from([None, "thing", "dns"]))
def test_the_index_leaves_out_nothing_that_fits(
    greeting: list[str], answer: list[str], said: str, protocol: str | None
) -> None:
    text = "\n".join(["Probe TCP NULL q||", *greeting, "Probe TCP Help q|HELP|", *answer])
    data, db = said.encode("latin-1"), read_nmapdb(text)
    assert db.opinion(data, protocol) == plainly(db, data, protocol)


@pytest.mark.parametrize("path", INSTALLED, ids=str)
def test_the_index_of_the_installed_file_leaves_out_nothing_that_fits(path: Path) -> None:
    """Texts that many lines nearly fit: the literals of some, with others' between them."""
    db = read_nmapdb(path.read_text(encoding="latin-1"))
    for row in range(0, len(db.lines) - 40, 499):
        some = [line.literal for line in db.lines[row : row + 40 : 8]]
        said = " 1.2 ".join(some).upper().encode("latin-1", "replace")[:600]
        assert db.opinion(said) == plainly(db, said, None)


@pytest.mark.parametrize("path", INSTALLED, ids=str)
def test_every_line_of_the_installed_file_loads(path: Path) -> None:
    installed = read_nmapdb(path.read_text(encoding="latin-1"))
    assert len(installed.lines) > 10_000
    assert installed.refused == []


@given(st.text(max_size=200), st.binary(max_size=60))
def test_any_file_and_any_bytes(text: str, data: bytes) -> None:
    read_nmapdb(f"match {text}\nsoftmatch x m|{text}|\n").opinion(data)
    DB.opinion(data)
