import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.examples import (
    NASTY,
    START,
    crowded_summary,
    host,
    summary,
)

from periplus.result.row import Stopped
from periplus.result.text import (
    crowded_lines,
    date_time,
    faithful,
    figures_line,
    harmless_name,
    harmless_names,
    iso_time,
    latency,
    plural,
    port_list,
    printable,
    read_port_list,
    silence_lines,
    stopped_note,
)


def port_list_slowly(ports: list[int]) -> str:
    """The plain twin of `port_list`."""
    spans: list[list[int]] = []
    for port in ports:
        if spans and port == spans[-1][1] + 1:
            spans[-1][1] = port
        else:
            spans.append([port, port])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


@given(st.sets(st.integers(0, 200)), st.sets(st.integers(0, 65535), max_size=20))
def test_port_list_agrees_with_its_slow_twin(dense: set[int], sparse: set[int]) -> None:
    ports = sorted(dense | sparse)
    assert port_list(ports) == port_list_slowly(ports)
    assert port_list(np.array(ports, dtype=np.uint16)) == port_list_slowly(ports)
    assert read_port_list(port_list(ports)) == tuple(ports)


def test_port_list_of_nothing_and_of_everything() -> None:
    assert port_list([]) == ""
    assert port_list(range(65536)) == "0-65535"
    assert port_list([1, 2, 4, 6, 7, 8]) == "1-2,4,6-8"


@given(NASTY)
def test_printable_lets_no_control_character_through(text: str) -> None:
    assert printable(text).isprintable()


@given(NASTY)
def test_a_harmless_name_holds_nothing_that_ends_a_field(name: str) -> None:
    shown = harmless_name(name)
    assert shown.isprintable()
    assert not set(shown) & set(" ()<>&\"',;=#|\t\n")


@pytest.mark.parametrize("name", ["web-1.example.com", "_dmarc.example", "münchen.example", "[::1]:80"[1:4]])
def test_usual_names_stay_as_they_are(name: str) -> None:
    assert harmless_name(name) == name


def test_escapes_show_what_was_there() -> None:
    assert harmless_name("a (198.18.0.9)") == r"a\x20\x28198.18.0.9\x29"
    assert harmless_name("a\x1b[31m") == r"a\x1b\x5b31m"
    assert printable("two\nlines \u202e") == r"two\nlines \u202e"


def test_names_are_told_once() -> None:
    report = host(names=(("a.example", "user"), ("b.example", "PTR"), ("a.example", "PTR")))
    assert harmless_names(report) == ["a.example", "b.example"]


@given(NASTY)
def test_faithful_text_can_be_encoded_and_differs_only_by_surrogates(text: str) -> None:
    kept = faithful(text)
    kept.encode("utf-8")
    if not any(0xD800 <= ord(each) <= 0xDFFF for each in text):
        assert kept == text


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (START, "2026-11-22T08:20:05.250Z"),
        (1.9996, "1970-01-01T00:00:02.000Z"),
    ],
)
def test_iso_times_are_utc_to_the_millisecond(when: float, text: str) -> None:
    assert iso_time(when) == text


def test_times_do_not_depend_on_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert date_time(START) == "Sun Nov 22 08:20:05 2026"
        assert iso_time(START) == "2026-11-22T08:20:05.250Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.14, "0.00014"), (0.006, "0.0000060"), (96, "0.096"), (1234, "1.2"), (12345, "12"), (0, "0.0")],
)
def test_latency_has_two_digits_and_no_exponent(milliseconds: float, text: str) -> None:
    assert latency(milliseconds) == text


def test_counts_have_their_noun() -> None:
    assert plural(1, "host", "hosts") == "1 host"
    assert plural(0, "host", "hosts") == "0 hosts"


def test_the_figures_say_loss_and_doubt() -> None:
    assert figures_line(summary()) == (
        "1000 probes, 998 replies, 667 probes/s; loss 0.2%, expected missed open ports 0.02"
    )
    assert figures_line(replace(summary(), loss=None, expected_missed_open=9.0)) == (
        "1000 probes, 998 replies, 667 probes/s; loss not measured: lost probes were not asked again, "
        "expected missed open ports 9.00"
    )


def test_networks_full_of_tarpits_have_a_sentence_each() -> None:
    assert crowded_lines(crowded_summary()) == [
        "198.18.2.0/24: 240 of 250 hosts accept every connection: something in front of them answers"
    ]


def test_who_fell_silent_has_a_sentence() -> None:
    left = Stopped("tcp", 1_234, unasked=5_678)
    assert stopped_note(left) == (
        "stopped answering at probe 1,234 (tcp) and was left alone; it did not answer any more, so 5,678 ports were "
        "not asked and count as silent"
    )
    assert "asked slowly to the last port" in stopped_note(replace(left, resumed=True))
    assert silence_lines(summary()) == []
    lines = silence_lines(replace(summary(), stopped=1, outages=2))
    assert lines == [
        "All hosts fell silent at once, 2 times: something on the way was gone, and the scan waited",
        "1 host was left alone after falling silent while being scanned",
    ]
    assert silence_lines(replace(summary(), stopped=3))[0].startswith("3 hosts were left alone")
