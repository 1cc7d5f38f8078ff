import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from tests.result.examples import (
    OPTIONS,
    Names,
    closed_host,
    nasty_runs,
    small_host,
    tarpit_host,
    traced_host,
    usual_host,
    written,
)

from periplus.result import csv as ours
from periplus.result.formats import CSV
from periplus.result.row import HostReport, RunRow, SummaryRow
from periplus.result.writer import Options
from periplus.technique.verdict import Reason


def table(text: str) -> list[list[str]]:
    """What Python's own reader makes of it."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_row_a_port_that_is_not_folded() -> None:
    rows = table(written(CSV, usual_host()))
    assert rows[0] == list(ours.COLUMNS)
    assert [row[3] for row in rows[1:]] == ["22", "80", "443"]
    assert rows[1] == [
        "198.18.0.2",
        "web.example a.example",
        "tcp",
        "22",
        "open",
        "syn-ack",
        "64",
        "0.120",
        "1",
        "ssh",
        "",
        "2026-11-22T08:20:05.590Z",
        "",
        *[""] * 5,
    ]


def test_a_host_without_ports_has_a_row() -> None:
    up = replace(usual_host(), columns=())
    down = replace(up, up=False, srtt_ms=None, ttl=None, reason=Reason.NO_RESPONSE)
    listed = replace(down, listed=True)
    quiet = table(written(CSV, up, down, listed))[1:]
    assert [row[2:6] for row in quiet] == [["", "", "up", up.reason.word], ["", "", "listed", "no-response"]]
    assert quiet[0][6:11] == [str(up.ttl), f"{up.srtt_ms:.3f}", "", "", ""]
    talkative = table(written(CSV, down, options=replace(OPTIONS, verbose=1)))[1:]
    assert [row[4:8] for row in talkative] == [["down", "no-response", "", ""]]


def test_the_way_stands_in_every_row_of_a_host() -> None:
    report = traced_host()
    assert report.trace
    way = " ".join(hop.addr or "*" for hop in report.trace.hops)
    assert "*" in way
    rows = table(written(CSV, report))[1:]
    assert rows
    assert {row[12] for row in rows} == {way}


def test_what_is_not_known_is_empty_and_routers_are_named() -> None:
    rows = table(written(CSV, small_host()))
    assert rows[2][10] == "198.18.0.254"
    assert rows[4][6:10] == ["", "", "2", ""]


def test_all_states_and_open_only() -> None:
    assert len(table(written(CSV, usual_host(), options=replace(OPTIONS, all_states=True)))) == 1001
    rows = table(written(CSV, small_host(), closed_host(), options=replace(OPTIONS, open_only=True)))
    assert [row[3] for row in rows[1:]] == ["22"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    report = replace(usual_host(30), names=((f"{start}cmd|calc", "PTR"),))
    options = replace(OPTIONS, services=Names({22: f'{start}1,"x"'}))
    row = table(written(CSV, report, options=options))[1]
    assert row[9] == f'\'{start}1,"x"'
    assert row[1][0] in "'\\"


@given(nasty_runs())
def test_hostile_text_neither_breaks_the_table_nor_is_a_formula(
    nasty: tuple[RunRow, HostReport, SummaryRow, Options],
) -> None:
    run_row, report, summary_row, options = nasty
    text = written(CSV, report, options=options, run_row=run_row, summary_row=summary_row)
    assert text.replace("\n", "").isprintable()
    rows = table(text)
    assert {len(row) for row in rows} == {len(ours.COLUMNS)}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


def test_accepting_ports_have_a_row_with_all_states_only() -> None:
    assert len(written(CSV, tarpit_host()).splitlines()) == 1 + 3
    assert (
        len(written(CSV, tarpit_host(), options=replace(OPTIONS, all_states=True)).splitlines()) == 1 + 1001
    )
