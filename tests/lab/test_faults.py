"""Things that break in the middle of a scan: a clear message, what was found stays, nothing hangs.

The scans here are slowed down (`--max-rate`), and a fault strikes when so many packets have come back, so that it
strikes in the middle on any machine.
"""

import json
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.lab import conditions
from tests.lab.network import FAR, FAR_NET, NEAR, Network, Node, wait_until
from tests.lab.scanners import OURS, Ran, finish, periplus, read_ndjson, spawn, start

pytestmark = pytest.mark.lab

OPEN = set(range(2001, 2301))
SLOW = ("-p1-20000", "--max-rate", "4000")
ENOUGH = 4000  # packets back: a fifth of the scan, some sixty of the open ports among them


def received(node: Node, link: str) -> int:
    """Packets that came in at an interface so far."""
    return int(node.ask("-statistics", "link", "show", "dev", link)[0]["stats64"]["rx"]["packets"])


def under_way(net: Network, link: str, *words: str) -> subprocess.Popen[bytes]:
    """A slow scan in its middle."""
    before = received(net.scanner, link)
    child = start(net.scanner, [*OURS, "scan", "-n", *SLOW, *words])
    wait_until(
        "scan under way",
        lambda: child.poll() is not None or received(net.scanner, link) > before + ENOUGH,
        30,
    )
    assert child.poll() is None, finish(child, 1).err
    return child


def told_plainly(ran: Ran) -> None:
    """No traceback, and something that a person can read."""
    assert "Traceback" not in ran.err
    assert ran.err.strip()


def found_in(path: Path) -> set[int]:
    """The open ports in an NDJSON file, every line of which must be whole."""
    return read_ndjson(path.read_text()).of("open")


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_the_interface_goes_down(own: Network, tmp_path: Path, flag: str) -> None:
    child = under_way(own, "near0", flag, "-oJ", str(tmp_path / "out.json"), NEAR.v4)
    own.scanner.ip("link", "set", "near0", "down")
    ran = finish(child, 30)
    told_plainly(ran)
    assert ran.status == 1
    assert "near0" in ran.err or "unreachable" in ran.err
    assert 0 < len(found_in(tmp_path / "out.json")) < len(OPEN)
    assert found_in(tmp_path / "out.json") < OPEN


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_the_interface_is_deleted(own: Network, tmp_path: Path, flag: str) -> None:
    child = under_way(own, "near0", flag, "-oJ", str(tmp_path / "out.json"), NEAR.v4)
    own.scanner.ip("link", "delete", "near0")
    ran = finish(child, 30)
    told_plainly(ran)
    assert ran.status == 1
    assert 0 < len(found_in(tmp_path / "out.json")) < len(OPEN)


def test_the_route_vanishes_under_a_connect_scan(own: Network, tmp_path: Path) -> None:
    """What the kernel itself then says ("network is unreachable") is no answer of the target."""
    child = under_way(own, "router0", "-sT", "--all-states", "-oJ", str(tmp_path / "out.json"), FAR.v4)
    own.scanner.ip("route", "delete", FAR_NET.v4)
    ran = finish(child, 30)
    told_plainly(ran)
    assert ran.status == 1
    assert "route" in ran.err.lower() or "unreachable" in ran.err.lower()
    assert 0 < len(found_in(tmp_path / "out.json")) < len(OPEN)
    assert not read_ndjson((tmp_path / "out.json").read_text()).of("filtered")


def test_the_route_vanishes_under_a_syn_scan(own: Network, tmp_path: Path) -> None:
    """The way was asked once and still carries frames: all is found, or it is told why not."""
    child = under_way(own, "router0", "-sS", "-oJ", str(tmp_path / "out.json"), FAR.v4)
    own.scanner.ip("route", "delete", FAR_NET.v4)
    ran = finish(child, 30)
    found = found_in(tmp_path / "out.json")
    assert "Traceback" not in ran.err
    assert found == OPEN or (ran.status == 1 and found and "route" in ran.err.lower())


def test_our_own_firewall_forbids_it(own: Network) -> None:
    """A rule on our own output: sending raw packets to ourselves gives EPERM. (A connecting socket is not told.)"""
    own.scanner.firewall(conditions.table("own", "output", ["tcp flags & (syn | ack) == syn drop"]))
    ran = periplus(own.scanner, "-sS", "-p1-100", "127.0.0.1", patience=30)
    told_plainly(ran)
    assert ran.status == 1
    assert "firewall" in ran.err.lower()


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_our_own_routes_forbid_it(own: Network, flag: str) -> None:
    """A route of kind "prohibit" on our side: nothing was scanned, and no verdict may say so."""
    own.scanner.ip("route", "add", "prohibit", NEAR.v4)
    ran = periplus(own.scanner, flag, "-Pn", "-p1-100", "--all-states", "-oJ", "-", NEAR.v4, patience=30)
    told_plainly(ran)
    assert ran.status == 1
    assert not read_ndjson(ran.out).ports


def test_the_disk_is_full(own: Network, tmp_path: Path) -> None:
    """One output file is on a disk of 64 KiB; the other is not, and is complete."""
    small, whole = tmp_path / "small", tmp_path / "whole.json"
    small.mkdir()
    on_small = f'mount -t tmpfs -o size=64k none {small}; exec "$@"'
    words = ["-sS", "-p1-20000", "--all-states", "-oJ", str(whole), "--csv", str(small / "out.csv"), NEAR.v4]
    ran = spawn(
        own.scanner, ["unshare", "--mount", "sh", "-e", "-c", on_small, "sh", *OURS, "scan", "-n", *words], 60
    )
    told_plainly(ran)
    assert ran.status == 1
    assert "out.csv" in ran.err
    assert "space" in ran.err.lower()
    assert found_in(whole) == OPEN
    assert len(read_ndjson(whole.read_text()).ports) == 20000


def test_ctrl_c(own: Network, tmp_path: Path) -> None:
    files = ["-oJ", f"{tmp_path}/out.json", "-oX", f"{tmp_path}/out.xml", "-oN", f"{tmp_path}/out.txt"]
    child = under_way(own, "near0", "-sS", *files, NEAR.v4)
    child.send_signal(signal.SIGINT)
    ran = finish(child, 10)
    assert ran.status == 130
    assert "Traceback" not in ran.err
    found = found_in(tmp_path / "out.json")
    assert 0 < len(found) < len(OPEN)
    assert read_ndjson((tmp_path / "out.json").read_text()).summary
    report = ET.parse(tmp_path / "out.xml").getroot()
    assert {
        int(port.attrib["portid"]) for port in report.iterfind("host/ports/port[state]") if is_open(port)
    } == found
    finished = report.find("runstats/finished")
    assert finished is not None
    assert finished.attrib["exit"] != "success"
    assert all(f"{port}/tcp" in (tmp_path / "out.txt").read_text() for port in found)


def is_open(port: ET.Element) -> bool:
    state = port.find("state")
    return state is not None and state.attrib["state"] == "open"


def test_kill_nine(own: Network, tmp_path: Path) -> None:
    """Nothing can be tidied up, and every file can be read."""
    files = ["-oJ", f"{tmp_path}/out.json", "-oX", f"{tmp_path}/out.xml", "--csv", f"{tmp_path}/out.csv"]
    child = under_way(own, "near0", "-sS", *files, NEAR.v4)
    child.kill()
    assert finish(child, 10).status == 137
    assert 0 < len(found_in(tmp_path / "out.json")) < len(OPEN)
    assert ET.parse(tmp_path / "out.xml").getroot().tag == "nmaprun"
    lines = (tmp_path / "out.csv").read_text().splitlines(keepends=True)
    assert all(line.endswith("\n") and line.count(",") == lines[0].count(",") for line in lines)


def test_the_terminal_table_after_ctrl_c_shows_what_was_found(own: Network) -> None:
    child = under_way(own, "near0", "-sS", NEAR.v4)
    child.send_signal(signal.SIGINT)
    ran = finish(child, 10)
    assert ran.status == 130
    assert "/tcp" in ran.out


def test_the_run_row_is_written_first(own: Network, tmp_path: Path) -> None:
    child = under_way(own, "near0", "-sS", "-oJ", str(tmp_path / "out.json"), NEAR.v4)
    first = json.loads((tmp_path / "out.json").read_text().splitlines()[0])
    child.send_signal(signal.SIGINT)
    finish(child, 10)
    assert first["type"] == "run"
