"""``periplus merge`` as its users meet it."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.result.examples import run, small_host, summary, written

from periplus.cli.commands.merge import AT_ONCE, main
from periplus.errors import UsageError
from periplus.result.formats import NDJSON

Output = pytest.CaptureFixture[str]


def shard(folder: Path, number: int, parts: int, hosts: list[int]) -> str:
    """What a shard wrote."""
    begin = replace(run("scan", "--shard", f"{number}/{parts}"), targets=20, shard=f"{number}/{parts}")
    reports = [replace(small_host(), addr=f"198.18.{host >> 8}.{host & 255}") for host in hosts]
    end = replace(summary(), hosts=len(hosts), hosts_up=len(hosts))
    path = folder / f"{number}.json"
    path.write_text(written(NDJSON, *reports, run_row=begin, summary_row=end))
    return str(path)


def test_shards_become_one_in_every_format(tmp_path: Path, capfd: Output) -> None:
    files = [shard(tmp_path, 1, 2, [1, 3]), shard(tmp_path, 2, 2, [2])]
    base = str(tmp_path / "all")
    assert main([*files, "-oJ", f"{base}.json", "-oA", base, "--csv", f"{base}.csv"]) == 0
    rows = [json.loads(line) for line in Path(f"{base}.json").read_text().splitlines()]
    assert [row["addr"] for row in rows if row["type"] == "host"] == [
        "198.18.0.1",
        "198.18.0.3",
        "198.18.0.2",
    ]
    assert (rows[0]["type"], rows[-1]["hosts_up"], rows[-1]["exit"]) == ("run", 3, "success")
    root = ET.parse(f"{base}.xml").getroot()
    assert len(root.findall("host")) == 3
    for suffix, count in (("nmap", 3), ("gnmap", 6), ("csv", 12)):
        assert Path(f"{base}.{suffix}").read_text().count("198.18.0.") >= count
    shown = capfd.readouterr()
    assert shown.out.count("Periplus scan report for") == 3
    assert shown.err == ""


def test_many_hosts_and_a_missing_shard(tmp_path: Path, capfd: Output) -> None:
    file = shard(tmp_path, 1, 3, list(range(AT_ONCE + 5)))
    assert main([file, "-oJ", "-"]) == 0
    shown = capfd.readouterr()
    assert sum('"type":"host"' in line for line in shown.out.splitlines()) == AT_ONCE + 5
    assert shown.err == "periplus: missing of 3 shards: 2, 3\n"


def test_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    file = shard(tmp_path, 1, 1, [1])
    before = Path(file).read_text()
    for arguments, why in (
        ([], 'no files to join; see "periplus merge --help"'),
        ([file, "-oJ", file], f"{file} is to be joined, so it cannot be written as well"),
        ([str(tmp_path / "none")], f"{tmp_path / 'none'}: No such file or directory"),
    ):
        with pytest.raises(UsageError) as error:
            main(arguments)
        assert str(error.value) == why
    assert Path(file).read_text() == before


def test_a_full_disk_is_a_failure(tmp_path: Path, capfd: Output) -> None:
    assert main([shard(tmp_path, 1, 1, [1]), "-oJ", "/dev/full"]) == 1
    assert "cannot write /dev/full" in capfd.readouterr().err
