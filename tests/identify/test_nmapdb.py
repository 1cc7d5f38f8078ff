"""Reading the format of nmap-service-probes: lines of this test's own, and the machine's copy if it has one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.identify.nmapdb import HARD, SOFT, read_nmapdb
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


@pytest.mark.parametrize("path", INSTALLED, ids=str)
def test_every_line_of_the_installed_file_loads(path: Path) -> None:
    installed = read_nmapdb(path.read_text(encoding="latin-1"))
    assert len(installed.lines) > 10_000
    assert installed.refused == []


@given(st.text(max_size=200), st.binary(max_size=60))
def test_any_file_and_any_bytes(text: str, data: bytes) -> None:
    read_nmapdb(f"match {text}\nsoftmatch x m|{text}|\n").opinion(data)
    DB.opinion(data)
