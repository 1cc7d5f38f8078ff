from dataclasses import replace

import pytest
from hypothesis import given
from tests.result.examples import (
    OPTIONS,
    closed_host,
    columns,
    crowded_summary,
    down_host,
    host,
    listed_host,
    mixed_host,
    nasty_runs,
    protocols_host,
    protocols_run,
    run_of_none,
    run_of_several,
    small_host,
    summary,
    tarpit_host,
    traced_host,
    usual_host,
    written,
)

from periplus.result.formats import NORMAL, TERMINAL
from periplus.result.row import Hop, HostReport, RunRow, SummaryRow, Trace
from periplus.result.writer import Format, Options
from periplus.technique.verdict import Reason, State


def test_the_terminal_table() -> None:
    assert written(TERMINAL, usual_host()) == (
        "Starting Periplus 0.1.0 at 2026-11-22 08:20 UTC\n"
        "Periplus scan report for web.example (198.18.0.2)\n"
        "Other names for 198.18.0.2: a.example\n"
        "Host is up (0.00011s latency).\n"
        "Not shown: 997 closed tcp ports (reset)\n"
        "PORT    STATE SERVICE\n"
        "22/tcp  open  ssh\n"
        "80/tcp  open  http\n"
        "443/tcp open  https\n"
        "\n"
        "Periplus done: 2 IP addresses (1 host up) scanned in 1.50 seconds\n"
        "1000 probes, 998 replies, 667 probes/s; loss 0.2%, expected missed open ports 0.02\n"
        "Warning: the kernel dropped 3 frames before we read them; a lower --max-rate avoids that\n"
    )


def test_a_small_host_shows_every_port_with_reason_and_sender() -> None:
    text = written(TERMINAL, small_host(), options=replace(OPTIONS, reason=True))
    assert (
        "Host is up, received syn-ack ttl 64 (0.00011s latency).\n"
        "\n"
        "PORT     STATE    SERVICE REASON\n"
        "22/tcp   open     ssh     syn-ack ttl 64\n"
        "25/tcp   filtered unknown admin-prohibited from 198.18.0.254 ttl 64\n"
        "81/tcp   closed   unknown reset ttl 64\n"
        "9999/tcp filtered unknown no-response\n"
    ) in text


def test_what_is_not_shown_is_counted_by_state_and_reason() -> None:
    assert (
        "Not shown: 100 closed tcp ports (reset), 1 closed udp port (port-unreach), "
        "40 filtered tcp ports (no-response), 10 filtered tcp ports (host-unreach)\n"
    ) in written(TERMINAL, mixed_host())


def test_a_host_with_nothing_to_show_says_so() -> None:
    assert (
        "All 40 scanned ports on 198.18.0.2 are in ignored states.\n"
        "Not shown: 40 closed tcp ports (reset)\n\n"
    ) in written(TERMINAL, closed_host())


@pytest.mark.parametrize("format_", [TERMINAL, NORMAL])
def test_open_hides_hosts_and_ports_that_are_not_open(format_: Format) -> None:
    text = written(
        format_, closed_host(), down_host(), small_host(), options=replace(OPTIONS, open_only=True)
    )
    assert text.count("scan report for") == 1
    assert "22/tcp" in text
    assert "81/tcp" not in text


def test_down_hosts_are_told_with_v() -> None:
    line = "Periplus scan report for 198.18.0.9 [host down, received no-response]\n"
    assert line not in written(TERMINAL, down_host())
    assert line in written(TERMINAL, down_host(), options=replace(OPTIONS, verbose=1))


def test_the_file_has_its_first_and_last_lines_as_comments() -> None:
    lines = written(NORMAL, usual_host(), options=replace(OPTIONS, verbose=1)).splitlines()
    assert lines[0] == (
        "# Periplus 0.1.0 scan initiated Sun Nov 22 08:20:05 2026 UTC as: periplus scan --reason -p- 198.18.0.2"
    )
    assert lines[1] == "# Ports scanned: TCP(101;1-100,443) UDP(0;) SCTP(0;) PROTOCOLS(0;)"
    assert lines[-4] == (
        "# Periplus done at Sun Nov 22 08:20:06 2026 UTC -- 2 IP addresses (1 host up) scanned in 1.50 seconds"
    )
    assert lines[-1] == "# Frames that were no replies: forged 2, truncated 1"


def test_an_interrupted_run_says_so() -> None:
    text = written(TERMINAL, summary_row=summary("interrupted", "Ctrl-C"))
    assert "Periplus stopped: 2 IP addresses" in text
    assert "Reason: Ctrl-C\n" in text


def test_notes_a_timeout_and_the_hardware_address_are_told() -> None:
    report = replace(mixed_host(), timed_out=True, notes=("answers stopped after port 150",))
    text = written(TERMINAL, report)
    assert "Note: answers stopped after port 150\n" in text
    assert "Gave up on 198.18.0.2: host timeout." in text
    assert "MAC Address: 02:00:00:00:00:0a\n" in text


def test_the_way_is_told_hop_by_hop() -> None:
    text = written(NORMAL, traced_host())
    table = text.partition("\nTRACEROUTE")[2].partition("\n\n")[0]
    assert table.splitlines() == [
        " (using port 22/tcp)",
        "HOP RTT      ADDRESS",
        "1   0.05 ms  gate.example (198.18.1.254)",
        "2   ... 3",
        "4   --       198.18.3.254",
        "5   12.50 ms 198.18.0.2",
    ]


@pytest.mark.parametrize(
    ("trace", "lines"),
    [
        (Trace((Hop(1, "198.18.0.2", 0.1),)), ("", "HOP RTT     ADDRESS", "1   0.10 ms 198.18.0.2")),
        (
            Trace((Hop(1), Hop(2, "198.18.0.2")), "icmp"),
            (" (using proto 1/icmp)", "HOP RTT ADDRESS", "1   ...", "2   --  198.18.0.2"),
        ),
        (
            Trace((Hop(1, "198.18.0.2"), Hop(2)), "udp", 9),
            (" (using port 9/udp)", "HOP RTT ADDRESS", "1   --  198.18.0.2", "2   ..."),
        ),
    ],
    ids=["on-link", "ICMP", "ends in silence"],
)
def test_short_ways(trace: Trace, lines: tuple[str, ...]) -> None:
    text = written(NORMAL, replace(small_host(), trace=trace))
    assert tuple(text.partition("\nTRACEROUTE")[2].partition("\n\n")[0].splitlines()) == lines


def test_the_vendor_stands_behind_the_hardware_address() -> None:
    report = replace(mixed_host(), mac="00:53:00:00:00:0A", vendor="Made-Up Works\x1b")
    assert "MAC Address: 00:53:00:00:00:0A (Made-Up Works\\x1b)\n" in written(TERMINAL, report)


def test_a_host_without_ports_has_a_headline() -> None:
    assert "Periplus scan report for 198.18.0.2\nHost is up" in written(TERMINAL, host())


@pytest.mark.parametrize("open_only", [False, True])
def test_a_listed_host_is_named_and_no_more_is_said(open_only: bool) -> None:
    text = written(
        TERMINAL, listed_host(), options=replace(OPTIONS, open_only=open_only), run_row=run_of_none()
    )
    assert "Periplus scan report for x.example (198.18.0.7)\n" in text
    assert "Host is" not in text
    assert "down" not in text


def test_the_ports_of_every_technique_are_told() -> None:
    verbose = replace(OPTIONS, verbose=1)
    line = written(NORMAL, options=verbose, run_row=run_of_several()).splitlines()[1]
    assert line == "# Ports scanned: TCP(2;22,80) UDP(3;53,161-162) SCTP(0;) PROTOCOLS(0;)"
    line = written(NORMAL, options=verbose, run_row=run_of_none()).splitlines()[1]
    assert line == "# Ports scanned: TCP(0;) UDP(0;) SCTP(0;) PROTOCOLS(0;)"


@given(nasty_runs())
def test_hostile_text_never_reaches_the_terminal(
    nasty: tuple[RunRow, HostReport, SummaryRow, Options],
) -> None:
    run_row, report, summary_row, options = nasty
    for format_ in (TERMINAL, NORMAL):
        text = written(format_, report, options=options, run_row=run_row, summary_row=summary_row)
        assert text.endswith("\n")
        lines = text.split("\n")
        assert all(line.isprintable() for line in lines)
        assert sum(line.startswith("Periplus scan report for") for line in lines) == 1
        table = lines[next(at for at, line in enumerate(lines) if line.startswith("PORT ")) + 1 :]
        *listed, hardware = table[: table.index("")]
        assert hardware.startswith("MAC Address: 00:53:00:00:00:0A")
        assert [int(line.split("/")[0]) for line in listed][-1] == 60


def test_protocols_have_a_head_of_their_own() -> None:
    text = written(NORMAL, protocols_host(), run_row=protocols_run(), options=replace(OPTIONS, verbose=1))
    assert "# Ports scanned: TCP(0;) UDP(0;) SCTP(0;) PROTOCOLS(256;0-255)\n" in text
    assert (
        "PROTOCOL STATE         SERVICE\n"
        "0        closed        unknown\n"
        "1        open          unknown\n"
        "2        open|filtered unknown\n"
    ) in text


def test_folded_protocols_are_counted_as_such() -> None:
    text = written(NORMAL, protocols_host(255))
    assert "Not shown: 253 closed protocols (proto-unreach)\n" in text
    everything = host(columns([(each, State.CLOSED, Reason.PROTO_UNREACH) for each in range(256)], "ip"))
    assert "All 256 scanned protocols on 198.18.0.2 are in ignored states.\n" in written(NORMAL, everything)


def test_who_answers_for_the_scan_is_told_when_more_is_wanted() -> None:
    begin = replace(run_of_none(), contact="soc@host.example\x1b[2J\nHost is down")
    shown = "Contact: soc@host.example\\x1b[2J\\nHost is down\n"
    more = replace(OPTIONS, verbose=1)
    assert f" UTC\n{shown}" in written(TERMINAL, run_row=begin, options=more)
    assert f"\n# {shown}" in written(NORMAL, run_row=begin, options=more)
    for form in (TERMINAL, NORMAL):
        assert "Contact" not in written(form, run_row=begin)
        assert "Contact" not in written(form, run_row=run_of_none(), options=more)


def test_accepting_ports_are_counted_as_a_tarpit() -> None:
    text = written(TERMINAL, tarpit_host())
    assert "Note: all of it is one thing\nNot shown: 998 accepting tcp ports (tarpit)\nPORT " in text
    assert "\n22/tcp   open     ssh\n80/tcp   open     http\n1001/tcp filtered unknown\n" in text


@pytest.mark.parametrize("format_", [TERMINAL, NORMAL], ids=["terminal", "file"])
def test_a_network_full_of_them_is_told_once(format_: Format) -> None:
    text = written(format_, summary_row=crowded_summary())
    said = "198.18.2.0/24: 240 of 250 hosts accept every connection: something in front of them answers\n"
    assert text.count(said) == 1
