import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import given
from tests.result.examples import (
    OPTIONS,
    Memory,
    closed_host,
    crowded_summary,
    down_host,
    host,
    listed_host,
    mixed_host,
    nasty_runs,
    run,
    run_of_none,
    run_of_several,
    small_host,
    summary,
    tarpit_host,
    traced_host,
    usual_host,
    written,
)

from periplus import data
from periplus.result.formats import NDJSON
from periplus.result.row import HostReport, RunRow, Stopped, SummaryRow
from periplus.result.writer import Options
from periplus.technique.verdict import Reason, State

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "src/periplus/data/ndjson.schema.json"


@cache
def validator() -> jsonschema.Draft202012Validator:
    """The schema, itself checked against the meta-schema."""
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


def lines_of(text: str) -> list[dict[str, Any]]:
    """Every line, parsed and held against the schema."""
    assert text.endswith("\n")
    rows = [json.loads(line) for line in text.splitlines()]
    for row in rows:
        validator().validate(row)
    return rows


def test_the_lines_of_a_run() -> None:
    rows = lines_of(written(NDJSON, usual_host()))
    assert [row["type"] for row in rows] == ["run", "port", "port", "port", "host", "summary"]
    assert rows[0]["arguments"] == ["scan", "--reason", "-p-", "198.18.0.2"]
    assert rows[0]["scans"] == [{"technique": "syn", "proto": "tcp", "ports": "1-100,443"}]
    assert (rows[0]["seed"], rows[0]["start"]) == (7, "2026-11-22T08:20:05.250Z")
    assert rows[1] == {
        "type": "port",
        "addr": "198.18.0.2",
        "proto": "tcp",
        "port": 22,
        "state": "open",
        "reason": "syn-ack",
        "ttl": 64,
        "rtt_ms": 0.12,
        "tries": 1,
        "service": "ssh",
        "time": "2026-11-22T08:20:05.590Z",
    }
    assert rows[4]["counts"] == {"tcp": {"open": 3, "closed": 997}}
    assert rows[4]["reasons"] == {"tcp": {"open": {"syn-ack": 3}, "closed": {"reset": 997}}}
    assert rows[4]["names"] == ["web.example", "a.example"]
    assert (rows[5]["loss"], rows[5]["kernel_drops"], rows[5]["exit"]) == (0.002, 3, "success")


def test_what_is_not_known_is_left_out() -> None:
    rows = lines_of(written(NDJSON, small_host(), down_host()))
    by_port = {row["port"]: row for row in rows if row["type"] == "port" and row["addr"] == "198.18.0.2"}
    assert by_port[25]["sender"] == "198.18.0.254"
    assert not {"ttl", "rtt_ms", "service", "sender"} & set(by_port[9999])
    down = rows[-2]
    assert (down["type"], down["up"], down["reason"]) == ("host", False, "no-response")


def test_several_protocols_and_every_word() -> None:
    rows = lines_of(written(NDJSON, mixed_host()))
    assert rows[-2]["counts"]["udp"] == {"closed": 1}
    definitions = json.loads(SCHEMA.read_text())["$defs"]
    assert definitions["state"]["enum"] == [state.word for state in State]
    assert definitions["reason"]["enum"] == [reason.word for reason in Reason]


def test_a_finding_is_written_at_once_and_once() -> None:
    sink = Memory()
    writer = NDJSON.factory(sink, OPTIONS)
    writer.begin(run())
    report = usual_host()
    finding = replace(
        next(report.rows(report.columns[0], report.columns[0].ports[79:80], {})), time=1795335605.5
    )
    writer.finding(finding)
    writer.finding(finding)
    early = lines_of(sink.body)[1:]
    assert [(row["port"], row["service"], row["time"]) for row in early] == [
        (80, "http", "2026-11-22T08:20:05.500Z")
    ]
    writer.host(report)
    assert [row["port"] for row in lines_of(sink.body) if row["type"] == "port"] == [80, 22, 443]


def test_a_host_that_comes_again_is_told_again() -> None:
    rows = lines_of(written(NDJSON, usual_host(), usual_host()))
    assert sum(row["type"] == "port" for row in rows) == 6


def test_all_states_and_open_only() -> None:
    every = lines_of(written(NDJSON, usual_host(), options=replace(OPTIONS, all_states=True)))
    assert sum(row["type"] == "port" for row in every) == 1000
    only = replace(OPTIONS, open_only=True)
    rows = lines_of(written(NDJSON, small_host(), closed_host(), down_host(), options=only))
    assert [row.get("port") for row in rows] == [None, 22, None, None]


def test_figures_that_are_no_numbers_are_left_out() -> None:
    odd = replace(summary("error", "gone"), loss=float("nan"), expected_missed_open=float("inf"))
    last = lines_of(written(NDJSON, summary_row=odd))[-1]
    assert not {"loss", "expected_missed_open"} & set(last)
    assert last["message"] == "gone"


def test_hosts_with_everything() -> None:
    report = replace(mixed_host(), timed_out=True, notes=("left alone",), vendor="Made-Up Works")
    line, bare = lines_of(written(NDJSON, report, host()))[-3:-1]
    assert (line["vendor"], bare.get("vendor")) == ("Made-Up Works", None)
    assert (line["timed_out"], line["notes"], line["mac"]) == (True, ["left alone"], "02:00:00:00:00:0a")


def test_every_technique_is_told_with_its_ports() -> None:
    [begin, _] = lines_of(written(NDJSON, run_row=run_of_several()))
    assert begin["scans"] == [
        {"technique": "syn", "proto": "tcp", "ports": "22,80"},
        {"technique": "udp", "proto": "udp", "ports": "53,161-162"},
    ]
    assert lines_of(written(NDJSON, run_row=run_of_none()))[0]["scans"] == []


def test_a_listed_host_says_that_it_is_listed() -> None:
    rows = lines_of(written(NDJSON, listed_host(), host(), run_row=run_of_none()))
    assert [row["type"] for row in rows] == ["run", "host", "host", "summary"]
    assert (rows[1]["listed"], rows[1]["reason"], rows[1]["counts"]) == (True, "user-set", {})
    assert "listed" not in rows[2]


def test_the_way_has_every_hop() -> None:
    line = lines_of(written(NDJSON, traced_host()))[-2]
    assert line["trace"] == {
        "proto": "tcp",
        "port": 22,
        "hops": [
            {"ttl": 1, "addr": "198.18.1.254", "rtt_ms": 0.046, "names": ["gate.example", "other.example"]},
            {"ttl": 2},
            {"ttl": 3},
            {"ttl": 4, "addr": "198.18.3.254"},
            {"ttl": 5, "addr": "198.18.0.2", "rtt_ms": 12.5},
        ],
    }


@given(nasty_runs())
def test_hostile_text_breaks_no_line(nasty: tuple[RunRow, HostReport, SummaryRow, Options]) -> None:
    run_row, report, summary_row, options = nasty
    text = written(NDJSON, report, options=options, run_row=run_row, summary_row=summary_row)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    rows = lines_of(text)
    assert rows[0]["type"] == "run"
    assert len(rows) == len(text.split("\n")) - 1
    kept = [name for name, _ in report.names if not any(0xD800 <= ord(each) <= 0xDFFF for each in name)]
    assert set(kept) <= set(rows[-2]["names"])


def test_who_answers_for_the_scan() -> None:
    [begin, _] = lines_of(
        written(NDJSON, run_row=replace(run_of_none(), contact="soc@host.example \x1b\ud800"))
    )
    assert begin["contact"] == "soc@host.example \x1b\\ud800"
    assert "contact" not in lines_of(written(NDJSON))[0]


def test_the_documented_lines_and_fields_are_those_of_the_schema() -> None:
    text = (ROOT / "docs/ndjson.md").read_text()
    examples = [json.loads(each) for each in re.findall(r"```json\n(.*)\n```", text)]
    for each in examples:
        validator().validate(each)
    assert [each["type"] for each in examples] == ["run", "port", "service", "host", "summary", "plan"]
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    for section in sections:
        kind = re.match(r"`(\w+)`", section)
        assert kind
        documented = {
            name
            for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
            for name in re.findall(r"`(\w+)`", row)
        }
        properties = json.loads(SCHEMA.read_text())["$defs"][kind[1]]["properties"]
        assert documented == set(properties) - {"type"}


def test_the_schema_is_shipped() -> None:
    assert SCHEMA.parent == Path(str(data.__file__)).parent


def test_a_tarpit_has_its_field_and_only_its_findings_have_lines() -> None:
    lines = lines_of(written(NDJSON, tarpit_host(), summary_row=crowded_summary()))
    assert [line["port"] for line in lines if line["type"] == "port"] == [22, 80, 1001]
    assert lines[-2]["tarpit"] == {
        "proto": "tcp",
        "kind": "silent",
        "ports": "1-21,23-79,81-1000",
        "accepting": 998,
        "probed": 1001,
        "asked": 108,
        "alike": 106,
        "controls": 4,
        "taken": 4,
        "ttl": 64,
        "window": 1024,
    }
    assert lines[-2]["counts"]["tcp"]["open"] == 1000
    assert lines[-1]["crowded"] == [{"network": "198.18.2.0/24", "hosts": 240, "up": 250}]
    shown = lines_of(written(NDJSON, tarpit_host(), options=replace(OPTIONS, show_tarpits=True)))
    assert len([line for line in shown if line["type"] == "port"]) == 1001
    assert "tarpit" in shown[-2]


def test_who_stopped_answering_is_told_in_numbers() -> None:
    stopped = (Stopped("tcp", 77, unasked=900), Stopped("udp", 5, resumed=True))
    end = replace(summary(), stopped=1, outages=2)
    lines = lines_of(written(NDJSON, replace(small_host(), stopped=stopped), summary_row=end))
    told = next(line for line in lines if line["type"] == "host")
    assert told["stopped"] == [
        {"proto": "tcp", "probe": 77, "resumed": False, "unasked": 900},
        {"proto": "udp", "probe": 5, "resumed": True, "unasked": 0},
    ]
    assert (lines[-1]["stopped"], lines[-1]["outages"]) == (1, 2)
