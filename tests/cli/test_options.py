import argparse
from dataclasses import replace

import pytest

from periplus.cli.options import output_requests, parser, read, template, timing
from periplus.engine.timing import TEMPLATES, Timing
from periplus.errors import UsageError
from periplus.result.formats import formats
from periplus.technique.catalogue import techniques

TARGET = "198.18.0.1"


def words(text: str) -> list[str]:
    return text.split()


NMAPS_FLAGS = words("""
    -iL --exclude --exclude-file --excludefile --resolve-all -Pn -n -R --dns-servers -6
    -p -F --top-ports --exclude-ports -sS -sT
    -T --rate --min-rate --max-rate --max-host-rate --max-net-rate
    --max-retries --host-timeout --scan-delay --defeat-icmp-ratelimit
    --initial-rtt-timeout --min-rtt-timeout --max-rtt-timeout
    -oN -oX -oG -oA -oJ --csv --open --reason --all-states --show-tarpits -v
""")


@pytest.mark.parametrize("flag", NMAPS_FLAGS)
def test_the_flags_that_users_bring_are_there_and_in_the_help(flag: str) -> None:
    assert flag in parser().format_help().replace(",", " ").split()


def test_the_help_fits_a_terminal_and_names_every_technique_and_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = parser().format_help()
    assert max(len(line) for line in shown.splitlines()) <= 80
    for flag in [each.flag for each in techniques()] + [each.flag for each in formats()]:
        assert f"\n  {flag} " in shown


def test_options_may_stand_behind_targets() -> None:
    given = read([TARGET, "-n", "198.18.0.2", "-p", "22", "--", "198.18.0.3"])
    assert given.targets == [TARGET, "198.18.0.2", "198.18.0.3"]
    assert (given.ports, given.reverse) == (["22"], False)


def test_short_flags_may_stand_together() -> None:
    given = read(["-vnF", TARGET, "-vv"])
    assert (given.verbose, given.reverse, given.top) == (3, False, 100)


def read_line(text: str) -> argparse.Namespace:
    return read(words(text))


def test_defaults() -> None:
    given = read([TARGET])
    assert (given.ports, given.top, given.technique_tcp, given.reverse, given.family) == (None,) * 5
    assert timing(given) == TEMPLATES[3]
    assert output_requests(given) == []


@pytest.mark.parametrize(
    ("word", "level"),
    [("0", 0), ("5", 5), ("paranoid", 0), ("Sneaky", 1), ("polite", 2), ("normal", 3), ("AGGRESSIVE", 4)],
)
def test_templates_by_number_and_name(word: str, level: int) -> None:
    assert template(word) == level
    assert timing(read([f"-T{word}"])) == timing(read(["-T", word])) == TEMPLATES[level]


def test_the_last_template_counts() -> None:
    assert timing(read(["-T4", "-T2"])) == TEMPLATES[2]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-sS", "-sT"], "-sT: not allowed together with -sS"),
        (["-p", "22", "-F"], "-F: not allowed together with -p"),
        (["-F", "--top-ports", "9"], "--top-ports: not allowed together with -F"),
        (["-n", "-R"], "-R: not allowed together with -n"),
        (["-4", "-6"], "-6: not allowed together with -4"),
        (
            ["-T", TARGET],
            f'-T: "{TARGET}" is neither a number from 0 to 5 nor a name from paranoid to insane',
        ),
        (["-T6"], '-T: "6" is neither a number from 0 to 5 nor a name from paranoid to insane'),
        (["--top-ports", "0"], "--top-ports: the number must be at least 1"),
        (["--rate", "0"], '--rate: "0" is not a rate over 0 and under a thousand million'),
        (["--rate", "fast"], '--rate: "fast" is neither auto nor a number of probes a second'),
        (["--max-retries", "-1"], '--max-retries: "-1" is not a whole number'),
        (["--max-rtt-timeout", "0"], "--max-rtt-timeout: the time must be over 0"),
        (["--host-timeout", "5x"], '--host-timeout: "5x" has no unit of time; use us, ms, s, m or h'),
        (["-oX", "-n"], "-oX: a value is missing"),
        (["--open=yes"], "--open: takes no value, but 'yes' was given"),
        (["-sQ"], 'there is no option "-sQ"; see "periplus scan --help"'),
        (["--exclude-port", "22"], 'there is no option "--exclude-port"; did you mean --exclude-ports?'),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        read([*arguments, TARGET])
    assert str(caught.value) == line


def test_what_overrides_a_template() -> None:
    made = timing(
        read_line(
            "-T4 --max-rate 50 --host-timeout 1m --scan-delay 20ms --initial-rtt-timeout 300ms "
            "--min-rtt-timeout 10ms --max-rtt-timeout 2s --max-retries 1"
        )
    )
    assert (made.max_rate, made.host_timeout_us, made.scan_delay_us) == (50.0, 60_000_000, 20_000)
    assert (made.initial_rtt_us, made.min_rtt_us, made.max_rtt_us) == (300_000, 10_000, 2_000_000)
    assert (made.max_tries, made.min_tries) == (2, 2)
    assert made.growth == TEMPLATES[4].growth


def test_rations_are_waited_for_unless_told_otherwise() -> None:
    assert not timing(read(["-T4"])).defeat_rations
    assert timing(read(["-T4", "--defeat-icmp-ratelimit"])).defeat_rations


def test_no_retransmission_at_all() -> None:
    made = timing(read(["--max-retries", "0"]))
    assert (made.max_tries, made.min_tries) == (1, 1)


def test_stateless_is_one_try_as_fast_as_it_goes() -> None:
    made = timing(read(["-T2", "--stateless", "--max-retries", "0", "--max-rate", "700"]))
    assert made == replace(TEMPLATES[2], max_rate=700.0).once()
    assert (made.max_tries, made.parallelism, made.floor_is_fixed) == (1, 0, True)
    assert made.floor_rate > 1e8


def test_a_least_rate_lifts_the_template_s_limits() -> None:
    made = timing(read(["-T1", "--min-rate", "300"]))
    assert (made.floor_rate, made.floor_is_fixed, made.parallelism) == (300.0, True, 0)


def test_a_rate_is_floor_and_ceiling_at_once() -> None:
    for level in ("-T1", "-T3", "-T5"):
        made = timing(read([level, "--rate", "700", "--scan-delay", "5ms"]))
        assert made == timing(read([level, "--min-rate", "700", "--max-rate", "700", "--scan-delay", "5ms"]))
        assert (made.floor_rate, made.max_rate, made.floor_is_fixed) == (700.0, 700.0, True)


def test_auto_is_the_name_of_what_is_done_anyway() -> None:
    assert timing(read(["--rate", "auto"])) == timing(read([])) == Timing()
    assert timing(read(["--rate", "auto", "--max-rate", "9"])) == timing(read(["--max-rate", "9"]))
    assert timing(read(["--rate", "700", "--rate", "auto"])) == Timing()


def test_a_rate_of_a_scan_that_asks_once_is_its_rate() -> None:
    made = timing(read(["--stateless", "--rate", "700"]))
    assert made == timing(read(["--stateless", "--max-rate", "700"]))


def test_waiting_times_follow_the_longest() -> None:
    made = timing(read(["--max-rtt-timeout", "50ms"]))
    assert made.min_rtt_us == made.initial_rtt_us == made.max_rtt_us == 50_000


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--min-rate 100 --max-rate 50", "--min-rate 100 is over --max-rate 50"),
        (
            "--rate 100 --min-rate 50",
            "--rate 100 is the least and the highest rate, and --min-rate 50 would be another: only one of them",
        ),
        (
            "--max-rate 100 --rate 100",
            "--rate 100 is the least and the highest rate, and --max-rate 100 would be another: only one of them",
        ),
        ("--min-rtt-timeout 2s --max-rtt-timeout 1s", "--min-rtt-timeout is over --max-rtt-timeout"),
        ("--max-retries 16", "--max-retries 16: at most 15"),
        (
            "--stateless --max-retries 2",
            "--stateless asks nothing again, and --max-retries 2 would: only one of them",
        ),
    ],
)
def test_contradictions_are_told(arguments: str, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        timing(read(arguments.split()))
    assert str(caught.value) == line


def test_several_outputs_at_once() -> None:
    given = read(["-oX", "a.xml", "-oA", "base", "-oJ", "-", "-oX", "b.xml", "--csv", "c", "-oA", "other"])
    assert sorted((each.flag, target) for each, target in output_requests(given)) == [
        ("--csv", "c"),
        ("-oG", "base.gnmap"),
        ("-oG", "other.gnmap"),
        ("-oJ", "-"),
        ("-oN", "base.nmap"),
        ("-oN", "other.nmap"),
        ("-oX", "a.xml"),
        ("-oX", "b.xml"),
        ("-oX", "base.xml"),
        ("-oX", "other.xml"),
    ]


def test_three_files_cannot_be_standard_output() -> None:
    with pytest.raises(UsageError, match="-oA makes three files"):
        output_requests(read([TARGET, "-oA", "-"]))
