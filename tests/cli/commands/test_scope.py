"""``periplus scope``: what a file allows, in words and by exit status."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from periplus.cli.commands.scope import main
from periplus.errors import UsageError

NOW = datetime(2026, 11, 22, 12, 5, tzinfo=UTC).timestamp()
WHOLE = """\
# Berlin
networks = [
  "198.18.0.0/24",  # the office
  '2001:db8::/126',
]
excluded = ["198.18.0.13", "198.18.0.64/26"]
ports = "22,80,U:53"
hours = "12:00-18:00"
max_rate = 500
expires = 2027-01-31
contact = "soc@host.example"
name = "Berlin office"
note = "Ticket 4711\\u001b"
"""
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is five past noon, and the file is there."""
    monkeypatch.setattr("time.time", lambda: NOW)
    monkeypatch.chdir(tmp_path)
    Path("lab.toml").write_text(WHOLE, encoding="utf-8")


def test_check_tells_what_a_file_says(capsys: Output) -> None:
    assert main(["check", "lab.toml"]) == 0
    assert capsys.readouterr().out == (
        "lab.toml is right\n"
        "  name       Berlin office\n"
        "  note       Ticket 4711\\x1b\n"
        "  networks   198.18.0.0/24, 2001:db8::/126\n"
        "  excluded   198.18.0.13, 198.18.0.64/26\n"
        "  addresses  195 may be scanned\n"
        "  ports      TCP 22,80; UDP 22,53,80; SCTP 22,80\n"
        "  hours      12:00-18:00 (UTC)\n"
        "  max_rate   500 packets a second\n"
        "  expires    2027-01-31, 70 days left\n"
        "  contact    soc@host.example\n"
        "  now        scans are allowed\n"
    )


def test_check_tells_what_is_free(capsys: Output) -> None:
    Path("lab.toml").write_text('networks = ["::/0"]\nports = "U:53"', encoding="utf-8")
    assert main(["check", "lab.toml"]) == 0
    shown = capsys.readouterr().out
    assert f"  addresses  {1 << 128:,} may be scanned\n" in shown
    assert (
        "  ports      TCP none; UDP 53; SCTP none\n  hours      all day\n  max_rate   no ceiling\n" in shown
    )
    assert "  expires    never\n" in shown
    assert "contact" not in shown
    Path("lab.toml").write_text('networks = ["::1"]', encoding="utf-8")
    assert main(["check", "lab.toml"]) == 0
    assert "  ports      all\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        (
            "12:00-18:00",
            "22:00-06:00",
            "nothing may be scanned: outside hours 22:00-06:00 (UTC): it is 12:05 there",
        ),
        ("2027-01-31", "2026-11-21", "nothing may be scanned: expired: expires is 2026-11-21"),
    ],
)
def test_a_file_that_is_right_and_allows_nothing_now(was: str, now: str, line: str, capsys: Output) -> None:
    Path("lab.toml").write_text(WHOLE.replace(was, now), encoding="utf-8")
    assert main(["check", "lab.toml"]) == 1
    assert f"  now        {line}\n" in capsys.readouterr().out
    assert main(["explain", "lab.toml", "198.18.0.7"]) == 1
    assert capsys.readouterr().out.splitlines()[1] == f"now {line.replace('scanned', 'scanned at all')}"


def test_the_last_day(capsys: Output) -> None:
    Path("lab.toml").write_text(WHOLE.replace("2027-01-31", "2026-11-23"), encoding="utf-8")
    assert main(["check", "lab.toml"]) == 0
    assert "2026-11-23, 1 day left\n" in capsys.readouterr().out
    Path("lab.toml").write_text(WHOLE.replace("2027-01-31", "2026-11-21"), encoding="utf-8")
    assert main(["check", "lab.toml"]) == 1
    assert "  expires    2026-11-21, which is over\n" in capsys.readouterr().out


EXPLAINED = [
    ("198.18.0.7", 0, 'allowed: "198.18.0.0/24" in networks (line 3)'),
    (
        "[2001:db8::3]:53",
        0,
        'allowed: "2001:db8::/126" in networks (line 4), port 53 over udp in ports (line 7)',
    ),
    (
        "198.18.0.7:22",
        0,
        'allowed: "198.18.0.0/24" in networks (line 3), port 22 over tcp, udp, sctp in ports (line 7)',
    ),
    ("198.18.0.7:9100", 1, "not allowed: port 9100 is not in ports (line 7)"),
    ("198.18.0.13:22", 1, 'not allowed: "198.18.0.13" in excluded (line 6)'),
    ("198.18.0.100", 1, 'not allowed: "198.18.0.64/26" in excluded (line 6)'),
    ("198.18.1.0", 1, "not allowed: it lies outside networks (line 2)"),
]


@pytest.mark.parametrize(("word", "status", "line"), EXPLAINED)
def test_explain_names_the_rule(word: str, status: int, line: str, capsys: Output) -> None:
    assert main(["explain", "lab.toml", word]) == status
    assert capsys.readouterr().out == f"{word}: {line}\n"


def test_explain_several(capsys: Output) -> None:
    assert main(["explain", "lab.toml", *(word for word, *_ in EXPLAINED)]) == 1
    assert capsys.readouterr().out.splitlines() == [f"{word}: {line}" for word, _, line in EXPLAINED]


def test_a_key_that_stands_elsewhere_has_no_line(capsys: Output) -> None:
    Path("lab.toml").write_text('"net\\u0077orks" = ["198.18.0.7"]', encoding="utf-8")
    assert main(["explain", "lab.toml", "198.18.0.7:80", "198.18.0.8"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        '198.18.0.7:80: allowed: "198.18.0.7" in networks, all ports',
        "198.18.0.8: not allowed: it lies outside networks",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "scope: check FILE or explain FILE ADDRESS[:PORT] ... is wanted"),
        (["check"], "scope: check FILE or explain"),
        (["check", "lab.toml", "198.18.0.7"], "scope: check FILE or explain"),
        (["explain", "lab.toml"], "scope: check FILE or explain"),
        (["show", "lab.toml"], "scope: check FILE or explain"),
        (
            ["explain", "lab.toml", "198.18.0.0/24"],
            '"198.18.0.0/24": one address is wanted, as in 198.18.0.7 or',
        ),
        (["explain", "lab.toml", "host.example"], '"host.example": one address is wanted'),
        (["explain", "lab.toml", "198.18.0.256"], 'target "198.18.0.256": octet 256 is over 255'),
        (["check", "none.toml"], "scope none.toml: No such file or directory"),
    ],
)
def test_mistakes(words: list[str], line: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(line)}"):
        main(words)


def test_as_a_program() -> None:
    def status(*words: str) -> int:
        command = [sys.executable, "-P", "-m", "periplus", "scope", *words]
        return subprocess.run(
            command, env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, check=False
        ).returncode

    Path("free.toml").write_text('networks = ["198.18.0.0/24"]', encoding="utf-8")
    Path("past.toml").write_text('networks = ["198.18.0.0/24"]\nexpires = 2001-01-01', encoding="utf-8")
    Path("wrong.toml").write_text('networks = ["198.18.0.0/33"]', encoding="utf-8")
    assert [status("check", f"{name}.toml") for name in ("free", "past", "wrong")] == [0, 1, 2]
