"""Processes of one scan with a state file, in virtual time, and what their output files say together."""

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from tests.result.examples import OPTIONS
from tests.scan.campaigns import behind, campaign, config_of, far, finding, syn, udp
from tests.scan.runs import QUICK, ROUTERS, Run, space_of
from tests.sim.frames import CLOSED, DROPPED, OPEN, UNREACHABLE4, Datagram, Error, Host, Wire, mute
from tests.sim.frames import Path as Way

from periplus.cli.aim import Aim
from periplus.cli.resuming import Keeper, keeper_for
from periplus.engine.engine import Limits
from periplus.result.batch import Hosts
from periplus.result.formats import formats
from periplus.result.outputs import open_writers
from periplus.result.row import PortRow, RunRow
from periplus.result.writer import Writers
from periplus.scan import journal
from periplus.scan.config import ScanConfig
from periplus.scan.snapshot import Snapshot
from periplus.scan.state import read_state
from periplus.space.course import WHOLE, Shard

PORTS = list(range(1, 10))
HOSTS = [far(last) for last in range(1, 10)]
NEVER = 1 << 30
Rows = list[dict[str, Any]]


class Killed(Exception):
    """The process is gone: nothing is handed over any more."""


class Listening:
    """Hands rows to the writers, as the command does."""

    def __init__(self, writers: Writers) -> None:
        self.writers = writers

    def findings(self, rows: Iterable[PortRow]) -> None:
        for row in rows:
            self.writers.finding(row)

    def hosts(self, hosts: Hosts) -> None:
        self.writers.hosts(hosts)

    def snapshot(self, snapshot: Snapshot) -> None:
        self.writers.refresh()


def world() -> Wire:
    """Hosts of every kind behind a router, and a way that loses a little."""
    hosts: dict[str, Host] = {}
    for place, addr in enumerate(HOSTS):
        kinds = (
            Host({3: OPEN, 9: OPEN}, CLOSED),
            Host({5: OPEN}, DROPPED),
            Host({1: OPEN, 2: Error(3, 13)}, CLOSED, datagrams={4: Datagram()}, no_datagram=UNREACHABLE4),
            mute(),
        )
        hosts[addr] = behind(kinds[place % len(kinds)])
    return Wire(hosts, ROUTERS, Way(delay_us=4_000, jitter_us=2_000))


def config(kind: str, shard: Shard = WHOLE) -> ScanConfig:
    """A scan with or without finding hosts first, by one technique or two."""
    space = space_of(HOSTS, PORTS)
    works = (syn(space), udp(space)) if "udp" in kind else (syn(space),)
    found = finding(HOSTS) if "found" in kind else None
    return replace(config_of(works, found, replace(QUICK, max_rate=1_500.0)), shard=shard)


def process(folder: Path, asked: ScanConfig, dies: Callable[[int], bool]) -> tuple[Run | None, Wire]:
    """One process of a scan with a state file; without a run when it was killed at a turn."""
    wire, state = world(), folder / "state"
    past = read_state(state)
    options = argparse.Namespace(resume=str(state), directory=str(folder))
    requests = [(each, str(folder / each.name)) for each in formats() if each.flag]
    null = os.open(os.devnull, os.O_WRONLY)
    kept = {name: each for name, each in past.standing.outputs.items() if each} if past else {}
    writers = open_writers(requests, OPTIONS, pytest.fail, null, kept)
    hosts = asked.works[0].space.blocks[0].addresses
    target = Aim(hosts, {"tcp": asked.works[0].space}, (), {"tcp": tuple(PORTS)})
    keeper = keeper_for(options, asked, target, True, 1_700_000_000.0, writers, past, lambda line: None)
    turns = iter(range(NEVER))

    def stopped(run: Run) -> bool:
        if dies(next(turns)):
            raise Killed
        return False

    limits = Limits(outstanding=40, batch=8, group_hosts=3)
    try:
        writers.begin(RunRow("0", (), 7, 1_700_000_000.0, (), len(HOSTS)))
        keeper.begin(1_700_000_000.0)
        with patch.object(journal, "EVERY_US", 20_000), patch.object(os, "fsync"):
            run = campaign(
                wire,
                asked,
                limits=limits,
                stopped=stopped,
                journal=keeper.journal,
                listener=Listening(writers),
            )
        run.summary = keeper.total(run.summary)
        writers.end(run.summary)
        keeper.end(run.summary)
    except Killed:
        return None, wire
    else:
        return run, wire
    finally:
        let_go(keeper, writers)
        os.close(null)


def let_go(keeper: Keeper, writers: Writers) -> None:
    """What the kernel does for a killed process: close, and write nothing more."""
    if keeper._file is not None:
        keeper._file.close()
    for _, writer in writers._writers:
        sink: Any = writer._sink
        with suppress(OSError):
            os.close(sink._fd) if sink._fd > 2 and getattr(sink, "_owned", True) else None
        sink._fd = -1


def rows(file: Path) -> Rows:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def verdicts(lines: Rows) -> set[tuple[str, str, int, str]]:
    """All ports that were told; each once."""
    ports = [(row["addr"], row["proto"], row["port"], row["state"]) for row in lines if row["type"] == "port"]
    assert len({port[:3] for port in ports}) == len(ports)
    return set(ports)


def hosts_of(lines: Rows) -> dict[str, Any]:
    """What was counted of each host; each once."""
    told = [(row["addr"], (row["up"], row["reasons"])) for row in lines if row["type"] == "host"]
    assert len(dict(told)) == len(told)
    return dict(told)


def blocks(file: Path) -> Counter[str]:
    """The lines of a text file but those that hold times, as often as each stands there; ports in any order."""
    kept = [line for line in file.read_text().splitlines() if not line.startswith(("#", "Host is"))]
    parts = (sorted(line.replace("\tPorts: ", ", ").split(", ")) for line in kept)
    return Counter(" ".join(words) for words in parts)


def check_files(folder: Path, whole: Path) -> None:
    """The outputs of one folder say what those of another say."""
    lines, twin = rows(folder / "ndjson"), rows(whole / "ndjson")
    assert [row["type"] for row in (lines[0], lines[-1])] == ["run", "summary"]
    assert Counter(row["type"] for row in lines)["run"] == 1
    assert verdicts(lines) == verdicts(twin)
    assert hosts_of(lines) == hosts_of(twin)
    assert lines[-1]["hosts_up"] == twin[-1]["hosts_up"]
    for name in ("normal", "grepable"):
        assert blocks(folder / name) == blocks(whole / name)
    cells = [
        {tuple(line.split(",")[:6]) for line in (each / "csv").read_text().splitlines()}
        for each in (folder, whole)
    ]
    assert cells[0] == cells[1]
    assert len((folder / "csv").read_text().splitlines()) == len(cells[0])
    roots = [ET.parse(each / "xml").getroot() for each in (folder, whole)]
    told = [sorted(each.get("addr", "") for each in root.iter("address")) for root in roots]
    assert told[0] == told[1]
    ends = [[dict(each.attrib) for each in root.iter("hosts")] for root in roots]
    assert ends[0] == ends[1]
    assert [each.get("exit") for each in roots[0].iter("finished")] == ["success"]


def in_pieces(folder: Path, asked: ScanConfig, kills: list[int]) -> tuple[Run, int]:
    """A scan whose processes die at these turns, the last one not; also how many probes all of them sent."""
    sent = 0
    for kill in (*kills, NEVER):
        run, wire = process(folder, asked, kill.__eq__)
        sent += sum(map(sum, (each.values() for each in (wire.probes, wire.questions, wire.datagrams))))
        if run is not None:
            return run, sent
    raise AssertionError("it was killed to the last")
