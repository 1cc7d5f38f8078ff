import re
from dataclasses import replace

from hypothesis import given
from tests.result.examples import (
    OPTIONS,
    closed_host,
    crowded_summary,
    down_host,
    host,
    listed_host,
    mixed_host,
    nasty_runs,
    protocols_host,
    run_of_none,
    small_host,
    tarpit_host,
    traced_host,
    usual_host,
    written,
)

from periplus.result.formats import GREPABLE
from periplus.result.row import HostReport, RunRow, SummaryRow
from periplus.result.writer import Options

LINE = re.compile(
    r"# [^\n]*|Host: [0-9a-f.:]+ \([^\s()]*\)\t(Status: (Up|Down|Timeout|Unknown)|"
    r"Ports: (?P<ports>[^\t\n]*)(\tIgnored State: [a-z|]+ \(\d+\))?)"
)
FIELDS = re.compile(r"\d+/[a-z|]+/(tcp|udp|sctp)//[^/,\t]*///")


def hosts_of(text: str) -> list[str]:
    """The lines that are no comments."""
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_one_state_folded() -> None:
    assert hosts_of(written(GREPABLE, usual_host())) == [
        "Host: 198.18.0.2 (web.example)\tStatus: Up",
        (
            "Host: 198.18.0.2 (web.example)\tPorts: 22/open/tcp//ssh///, 80/open/tcp//http///, 443/open/tcp//https///"
            "\tIgnored State: closed (997)"
        ),
    ]


def test_two_states_folded_are_not_told_as_in_nmap() -> None:
    assert hosts_of(written(GREPABLE, mixed_host()))[1] == (
        "Host: 198.18.0.2 ()\tPorts: 443/open/tcp//https///, 8000/open|filtered/tcp/////"
    )


def test_nothing_shown_and_nothing_folded() -> None:
    assert hosts_of(written(GREPABLE, closed_host()))[1] == (
        "Host: 198.18.0.2 ()\tPorts: \tIgnored State: closed (40)"
    )
    assert hosts_of(written(GREPABLE, host())) == ["Host: 198.18.0.2 ()\tStatus: Up"]
    assert "Ignored" not in hosts_of(written(GREPABLE, small_host()))[1]


def test_down_and_timed_out_hosts() -> None:
    assert hosts_of(written(GREPABLE, down_host())) == []
    verbose = replace(OPTIONS, verbose=1)
    assert hosts_of(written(GREPABLE, down_host(), options=verbose)) == ["Host: 198.18.0.9 ()\tStatus: Down"]
    slow = replace(small_host(), timed_out=True)
    assert hosts_of(written(GREPABLE, slow))[1] == "Host: 198.18.0.2 ()\tStatus: Timeout"


def test_notes_are_comments() -> None:
    report = replace(small_host(), notes=("all ports answered alike",))
    text = written(GREPABLE, report)
    assert "\n# Note on 198.18.0.2: all ports answered alike\n" in text
    assert all(LINE.fullmatch(line) for line in text.splitlines())


def test_open_hides_hosts_and_ports_that_are_not_open() -> None:
    text = written(GREPABLE, closed_host(), small_host(), options=replace(OPTIONS, open_only=True))
    assert hosts_of(text) == [
        "Host: 198.18.0.2 ()\tStatus: Up",
        "Host: 198.18.0.2 ()\tPorts: 22/open/tcp//ssh///",
    ]


def test_a_listed_host_is_unknown() -> None:
    for options in (OPTIONS, replace(OPTIONS, open_only=True), replace(OPTIONS, verbose=1)):
        text = written(GREPABLE, listed_host(), options=options, run_row=run_of_none())
        assert hosts_of(text) == ["Host: 198.18.0.7 (x.example)\tStatus: Unknown"]


@given(nasty_runs())
def test_hostile_text_ends_no_field(nasty: tuple[RunRow, HostReport, SummaryRow, Options]) -> None:
    run_row, report, summary_row, options = nasty
    text = written(GREPABLE, report, options=options, run_row=run_row, summary_row=summary_row)
    lines = text.split("\n")
    assert lines.pop() == ""
    assert all(line.replace("\t", "").isprintable() for line in lines)
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches)
    ports = [match["ports"] for match in matches if match and match["ports"] is not None]
    assert len(ports) == 1
    assert all(FIELDS.fullmatch(each) for each in ports[0].split(", "))


def test_protocols_have_a_field_of_their_own() -> None:
    [line] = [line for line in written(GREPABLE, protocols_host(2)).splitlines() if "Protocols" in line]
    assert line.endswith("Protocols: 0/closed//, 1/open//, 2/open|filtered//")


def test_the_way_to_a_host_is_a_comment() -> None:
    lines = written(GREPABLE, traced_host()).splitlines()
    [line] = [line for line in lines if line.startswith("# Traceroute to ")]
    trace = traced_host().trace
    assert trace
    assert line.rpartition(": ")[2].split() == [hop.addr or "*" for hop in trace.hops]


def test_accepting_ports_are_an_ignored_state() -> None:
    text = written(GREPABLE, tarpit_host(30), summary_row=crowded_summary())
    assert hosts_of(text)[1].endswith("22/open/tcp//ssh///, 31/filtered/tcp/////\tIgnored State: open (29)")
    assert "# 198.18.2.0/24: 240 of 250 hosts accept every connection" in text
