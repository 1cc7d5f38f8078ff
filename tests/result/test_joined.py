"""Outputs of shards and of repeated runs become one."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.result.examples import (
    OPTIONS,
    closed_host,
    listed_host,
    mixed_host,
    os_host,
    passive_host,
    protocols_host,
    run,
    small_host,
    summary,
    tarpit_host,
    traced_host,
    usual_host,
    written,
)
from tests.result.served import served_host

from periplus.errors import UsageError
from periplus.result.fold import fold
from periplus.result.formats import NDJSON, NORMAL, XML
from periplus.result.joined import Join, Lines
from periplus.result.ndjson import CONTRACT
from periplus.result.row import HostReport, RunRow
from periplus.result.writer import Format

LINES = replace(NDJSON, factory=Lines)


def output(
    path: Path, hosts: Sequence[HostReport], run_row: RunRow | None = None, *, killed: bool = False
) -> str:
    """What -oJ wrote of these hosts."""
    up = sum(host.up for host in hosts)
    end = replace(summary(), hosts_up=up, hosts=len(hosts))
    text = written(NDJSON, *hosts, run_row=run_row or run_of(), summary_row=end)
    path.write_text("".join(text.splitlines(keepends=True)[:-1]) if killed else text)
    return str(path)


def run_of(shard: str | None = None, targets: int = 3) -> RunRow:
    arguments = ("scan", "--shard", shard, "198.18.0.0/24") if shard else ("scan", "198.18.0.0/24")
    return replace(run(*arguments), targets=targets, shard=shard)


def hosts_at(*last: int) -> list[HostReport]:
    return [replace(small_host(), addr=f"198.18.0.{each}") for each in last]


def rewritten(join: Join, format_: Format = LINES) -> str:
    """What a format writes of a join."""
    hosts = list(join.hosts())
    return written(format_, *hosts, run_row=join.run, summary_row=join.summary())


def body(text: str) -> list[str]:
    return text.splitlines()[1:-1]


def test_shards_make_the_whole_line_by_line(tmp_path: Path) -> None:
    parts = [
        output(tmp_path / "a", hosts_at(1, 2), run_of("1/2")),
        output(tmp_path / "b", hosts_at(3), run_of("2/2")),
    ]
    text = rewritten(Join(parts))
    assert body(text) == [line for part in parts for line in body(Path(part).read_text())]
    first, last = (json.loads(text.splitlines()[row]) for row in (0, -1))
    assert (first["arguments"], first["seed"], "shard" in first) == (["scan", "198.18.0.0/24"], 7, False)
    assert (last["exit"], last["hosts"], last["hosts_up"], last["probes"]) == ("success", 3, 3, 2000)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 9), unique=True, max_size=6), min_size=1, max_size=4), st.data())
def test_every_host_comes_once_and_from_the_first_that_has_it(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("join")
    names = [
        output(folder / str(place), hosts_at(*hosts), killed=data.draw(st.booleans()))
        for place, hosts in enumerate(files)
    ]
    join = Join(names)
    told = [int(host.addr.rpartition(".")[2]) for host in join.hosts()]
    assert told == list(dict.fromkeys(host for hosts in files for host in hosts))
    assert join.summary().hosts_up == len(told)
    assert list(join.leftovers()) == []


def test_ports_of_unfinished_hosts_are_kept_once(tmp_path: Path) -> None:
    lines = written(NDJSON, *hosts_at(1, 2)).splitlines(keepends=True)
    ports = [line for line in lines if json.loads(line)["type"] == "port"]
    (tmp_path / "a").write_text(lines[0] + "".join(ports) + '{"type":"host","addr":"198.1')
    (tmp_path / "b").write_text(lines[0] + "".join(ports[:1]) + "".join(lines[6:]))
    join = Join([str(tmp_path / "a"), str(tmp_path / "a"), str(tmp_path / "b")])
    assert [host.addr for host in join.hosts()] == ["198.18.0.2"]
    assert [(row.addr, row.port) for row in join.leftovers()] == [
        ("198.18.0.1", json.loads(line)["port"]) for line in ports[:4]
    ]


EVERY_KIND = (
    usual_host,
    mixed_host,
    small_host,
    traced_host,
    closed_host,
    listed_host,
    protocols_host,
    tarpit_host,
    os_host,
    passive_host,
)


@pytest.mark.parametrize("make", EVERY_KIND)
@pytest.mark.parametrize("format_", [NORMAL, XML], ids=["normal", "xml"])
def test_other_formats_say_of_a_host_what_they_said_at_first(
    tmp_path: Path, make: Callable[[], HostReport], format_: Format
) -> None:
    host = make()
    [told] = Join([output(tmp_path / "a", [host])]).hosts()
    names = tuple((name, "PTR") for name, _ in host.names)
    twin = replace(host, names=names, rttvar_ms=None, timeout_ms=None)
    wanted, found = (
        [line for line in written(format_, each).splitlines() if not line.startswith("<times")]
        for each in (twin, told)
    )
    ports = [line.partition(" ports=")[0].removesuffix("/>") for line in wanted]
    assert [line.removesuffix("/>") for line in found] == ports


def test_services_keep_their_lines_and_their_words_in_other_formats(tmp_path: Path) -> None:
    part = output(tmp_path / "a", [served_host()], run_of())
    assert body(rewritten(Join([part]))) == body(Path(part).read_text())
    text = rewritten(Join([part]), NORMAL)
    assert "22/tcp  open  ssh      OpenSSH 9.2p1 (Debian 2+deb12u3)\n" in text
    assert 'tunnel="ssl"' in rewritten(Join([part]), XML)


def test_what_is_only_counted_stays_counted(tmp_path: Path) -> None:
    [told] = Join([output(tmp_path / "a", [mixed_host()])]).hosts()
    folded, twin = fold(told, OPTIONS), fold(mixed_host(), OPTIONS)
    assert [(each.proto, each.state, each.reason, each.count) for each in folded.groups] == [
        (each.proto, each.state, each.reason, each.count) for each in twin.groups
    ]
    assert [ports.tolist() for ports in folded.shown] == [ports.tolist() for ports in twin.shown]
    assert np.isnan(told.columns[0].rtt_ms[-1])


def test_what_lacks_is_said(tmp_path: Path) -> None:
    one = output(tmp_path / "1", hosts_at(1), run_of("1/4"))
    three = output(tmp_path / "3", hosts_at(2), run_of("3/4"))
    join = Join([one, three])
    list(join.hosts())
    assert join.missing == "missing of 4 shards: 2, 4"
    total = join.summary()
    assert (total.exit, total.message, total.hosts) == ("interrupted", join.missing, 2)
    torn = output(tmp_path / "t", hosts_at(1), killed=True)
    join = Join([torn])
    list(join.hosts())
    assert join.missing == f"not scanned to the end: {torn}"
    again = Join([torn, output(tmp_path / "w", hosts_at(1, 2, 3))])
    list(again.hosts())
    assert (again.missing, again.summary().hosts_up) == ("", 3)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(run_of(), seed=8), "its seed differs"),
        (replace(run_of(), targets=4), "its targets differ"),
        (replace(run_of(), scans=()), "its scans differ"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path: Path, other: RunRow, why: str) -> None:
    names = [output(tmp_path / "a", hosts_at(1)), output(tmp_path / "b", hosts_at(1), other)]
    with pytest.raises(UsageError) as error:
        Join(names)
    assert str(error.value) == f"{names[1]}: another scan than {names[0]}: {why}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is nothing in it"),
        ("hello\n", "line 1 is none that -oJ writes"),
        ("[" * 99_999 + "\n", "line 1 is none that -oJ writes"),
        ("[]\n", "line 1 is none that -oJ writes"),
        ('{"type":"port"}\n', "line 1 is none that -oJ writes"),
        (f'{{"type":"run","contract":{CONTRACT}}}\n', "line 1 is none that -oJ writes"),
        ('{"type":"run","contract":1}\n', f"contract 1, and this version reads {CONTRACT}"),
        ("\udcff", "this is no output of -oJ"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError) as error:
        Join([str(tmp_path / "x")])
    assert str(error.value) == f"{tmp_path / 'x'}: {why}"
    with pytest.raises(UsageError, match="No such file"):
        Join([str(tmp_path / "none")])


@pytest.mark.parametrize(
    "line", ['{"type":"port","addr":1}', '{"type":"host","addr":"x","up":true}', '{"addr":"x"}', "nonsense"]
)
def test_a_wrong_line_in_the_middle_is_named(tmp_path: Path, line: str) -> None:
    first = written(NDJSON).splitlines(keepends=True)[0]
    host = '{"type":"host","addr":1,"up":true}\n'
    (tmp_path / "x").write_text(f"{first}{line}\n{host}")
    with pytest.raises(UsageError, match=r"line [23] is none that -oJ writes"):
        list(Join([str(tmp_path / "x")]).hosts())
