"""The lines on operating systems that people read."""

from dataclasses import replace

from tests.result.examples import os_host, passive_host, written

from periplus.result.formats import GREPABLE, NORMAL
from periplus.result.os import best_name, exact, os_lines, stamp_word
from periplus.result.row import HostReport, OsRow


def lines(host: HostReport, verbose: bool = True) -> list[str]:
    assert host.os is not None
    return [line.rstrip("\n") for line in os_lines(host.os, 1_795_335_605.0, verbose)]


def test_guesses() -> None:
    assert lines(os_host()) == [
        "Device type: general purpose|WAP",
        "Running (JUST GUESSING): Linux 5.X|4.X (96%), Example embedded (90%)",
        "OS CPE: cpe:/o:linux:linux_kernel:5",
        'Aggressive OS guesses: Linux 5.3 - 5.4 (96%), Example "Box" <1> (90%)',
        "No exact OS matches for host",
        "OS by all evidence: Debian, sure by 0.93: Linux 5.3 - 5.4 fits by 96%; ssh at 22/tcp says Debian",
        "Uptime guess: 1.000 days (since Sat Nov 21 08:20:05 2026 UTC)",
        "Network Distance: 2 hops",
        "TCP Sequence Prediction: Difficulty=258 (Good luck!)",
        "IP ID Sequence Generation: All zeros",
    ]


def test_an_exact_match_is_told_alone() -> None:
    host = os_host()
    assert host.os is not None
    first, second = host.os.matches
    told = lines(
        os_host(matches=(replace(first, accuracy=1.0), second), guesses=(), distance=1), verbose=False
    )
    assert told == [
        "Device type: general purpose",
        "Running: Linux 5.X",
        "OS CPE: cpe:/o:linux:linux_kernel:5",
        "OS details: Linux 5.3 - 5.4",
        "Network Distance: 1 hop",
    ]


def test_nothing_fits_and_nothing_was_asked() -> None:
    bare = {"uptime_s": None, "difficulty": None, "ids": "2A", "distance": None}
    assert lines(os_host(matches=(), guesses=(), **bare)) == [
        "No OS matches for host",
        "IP ID Sequence Generation: Always 2A",
    ]
    host = replace(os_host(), os=OsRow(why="only hosts of IPv4 are asked"))
    assert lines(host) == ["OS detection: only hosts of IPv4 are asked"]


def test_in_passing() -> None:
    [line] = lines(passive_host())
    assert line.startswith(
        "OS by all evidence: Linux, sure by 0.60: passive: the SYN-ACK of 22/tcp looks like"
    )
    assert lines(passive_host(matches=())) == [line]


def test_names_of_files_and_services_cannot_reach_the_terminal() -> None:
    host = os_host()
    assert host.os is not None
    evil = replace(host.os.guesses[0], name="\x1b[2J", evidence=("\x07",))
    match = replace(host.os.matches[0], name="a\nb")
    assert all(line.isprintable() for line in lines(os_host(guesses=(evil,), matches=(match,))))


def test_best() -> None:
    host = os_host(guesses=())
    assert host.os is not None
    assert best_name(host.os) == "Linux 5.3 - 5.4"
    assert best_name(OsRow()) is None
    assert exact(host.os) == ()
    assert [stamp_word(word) for word in ("U", "7", "A", "21")] == [
        "none returned (unsupported)",
        "100HZ",
        "1000HZ",
        "other",
    ]


def test_tables_have_them() -> None:
    assert "\nNetwork Distance: 2 hops\n" in written(NORMAL, os_host())
    assert "# OS of 198.18.0.2: Debian\n" in written(GREPABLE, os_host())
