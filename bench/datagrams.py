"""UDP beside Nmap: when each of five services is known, and how long the whole scan takes.

``python bench/datagrams.py`` builds a lab for each program, with DNS, SNMP, NTP and TFTP as Debian ships them and a
service that echoes, on a host that sends ICMP errors as Linux does by default: one a second. Both scan the same 1,000
ports at the same time, each in its own lab, since each waits most of the time. Needs root (namespaces) and the Debian
packages of the lab; services that are not installed are left out, and that is said.

Limits: with 1,000 ports a round takes a quarter of an hour; `--quick` asks 60.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab import network, scanners, servers
from tests.lab.daemons import DAEMONS, bound, serve
from tests.lab.network import NEAR, Network

from bench import kit

ECHO = 7
SERVING = {daemon.port: daemon.package for daemon in DAEMONS if daemon.installed} | {ECHO: "an echo"}
# Linux as it comes: an error a second to each destination, after six at once, for unreachables and the like.
DEFAULTS = {"net/ipv4/icmp_ratelimit": "1000", "net/ipv4/icmp_ratemask": "6168"}
FOUND = re.compile(r"Discovered open port (\d+)/udp")


@dataclass(slots=True)
class Seen:
    """When each open port was told, in seconds from the start, and when the scan ended and how."""

    known_s: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0
    closed: int = 0


@contextmanager
def lab() -> Iterator[Network]:
    """A host with the services."""
    with network.build() as net, tempfile.TemporaryDirectory(prefix="periplus-bench-") as files:
        for daemon in DAEMONS:
            if daemon.installed:
                serve(net.near, daemon, Path(files))
        servers.serve_udp(net.near, [ECHO])
        for port in SERVING:
            network.wait_until(SERVING[port], lambda port=port: bound(net.near, port))
        net.near.settings(DEFAULTS)
        yield net


def ports(count: int) -> str:
    """The services' ports and as many others as make `count`, none of them one of ours."""
    others = [port for port in range(1, 65_536) if port not in SERVING]
    return ",".join(map(str, sorted([*SERVING, *others[: count - len(SERVING)]])))


def ours(asked: str, python: str) -> Seen:
    """Periplus: a row of NDJSON for each open port as it is found."""
    words = kit.ours(python, "scan", "-n", "-sU", "-p", asked, "-oJ", "-", NEAR.v4)
    with lab() as net:
        seen, began = Seen(), time.monotonic()
        for line in told(net, words):
            row = json.loads(line)
            if row["type"] == "port" and row["state"] == "open":
                seen.known_s[row["port"]] = time.monotonic() - began
            elif row["type"] == "host":
                seen.closed = row["counts"]["udp"].get("closed", 0)
        seen.seconds = time.monotonic() - began
    return seen


def nmap(asked: str) -> Seen:
    """Nmap, talkative: it tells an open port as it is found."""
    with lab() as net:
        seen, began = Seen(), time.monotonic()
        for line in told(net, ["nmap", "-n", "-v", "-sU", "-p", asked, NEAR.v4]):
            if match := FOUND.match(line):
                seen.known_s[int(match[1])] = time.monotonic() - began
            elif match := re.match(r"Not shown: (\d+) closed", line):
                seen.closed = int(match[1])
        seen.seconds = time.monotonic() - began
    return seen


def told(net: Network, words: Sequence[str]) -> Iterator[str]:
    """Run in the scanner's namespace; its lines as they come."""
    child = net.scanner.start(
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=scanners.environment(),
    )
    assert child.stdout
    for line in child.stdout:
        yield line.decode()
    if child.wait():
        raise SystemExit(f"bench: {words[0]} ended with {child.returncode}")


def table(runs: dict[str, list[Seen]]) -> Iterator[list[str]]:
    """A line for each service, and the whole."""
    yield ["known after", *runs]
    for port, service in sorted(SERVING.items()):
        known = (median([each.known_s.get(port) for each in some]) for some in runs.values())
        yield [f"{port} {service}", *known]
    yield ["whole scan", *(median([each.seconds for each in some]) for some in runs.values())]
    yield ["closed ports told", *(str(min(each.closed for each in some)) for some in runs.values())]


def median(seconds: Sequence[float | None]) -> str:
    """As text; what was not found in a round was never known."""
    middle = kit.median(seconds)
    return "never" if middle is None or None in seconds else f"{middle:.2f} s"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ports", type=int, help="ports of the host (default 1000, quick 60)")


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table over all services; both programs at the same time, each in its own lab."""
    count = wanted.ports or (60 if wanted.quick else 1000)
    asked = ports(count)
    runs: dict[str, list[Seen]] = {"periplus": [], "nmap": []}
    with ThreadPoolExecutor() as pool:
        for _ in range(wanted.rounds):
            jobs = {"periplus": pool.submit(ours, asked, wanted.python), "nmap": pool.submit(nmap, asked)}
            for name, job in jobs.items():
                runs[name].append(job.result())
    notes = [f"{d.package} is not installed: left out." for d in DAEMONS if not d.installed]
    raw = [{"program": name, **asdict(each)} for name, some in runs.items() for each in some]
    yield kit.Section(f"UDP, {count:,} ports", list(table(runs)), notes, raw)


BENCH = kit.Bench("datagrams", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
