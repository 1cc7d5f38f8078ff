"""UDP beside Nmap: when each of five services is known, and how long the whole scan takes.

``python bench/datagrams.py`` builds a lab for each program, with DNS, SNMP, NTP and TFTP as Debian ships them and a
service that echoes, on a host that sends ICMP errors as Linux does by default: one a second. Both scan the same 1,000
ports at the same time, each in its own lab, since each waits most of the time. Needs root (namespaces) and the Debian
packages of the lab; services that are not installed are left out, and that is said.

Limits: with 1,000 ports a round takes a quarter of an hour.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab import needs, network, scanners, servers
from tests.lab.daemons import DAEMONS, bound, serve
from tests.lab.network import NEAR, Network

ROOT = Path(__file__).parents[1]
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
    words = [python, "-P", "-m", "periplus", "scan", "-n", "-sU", "-p", asked, "-oJ", "-", NEAR.v4]
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


def table(runs: dict[str, list[Seen]]) -> Iterator[str]:
    """A line for each service, and the whole."""
    yield f"{'known after':24}" + "".join(f"{name:>14}" for name in runs)
    for port, service in sorted(SERVING.items()):
        yield f"{f'{port} {service}':24}" + "".join(
            f"{median([each.known_s.get(port) for each in some]):>14}" for some in runs.values()
        )
    whole = (median([each.seconds for each in some]) for some in runs.values())
    yield f"{'whole scan':24}" + "".join(f"{text:>14}" for text in whole)
    yield f"{'closed ports told':24}" + "".join(
        f"{min(s.closed for s in some):>14}" for some in runs.values()
    )


def median(seconds: Sequence[float | None]) -> str:
    """As text; what was not found in a round was never known."""
    known = [each for each in seconds if each is not None]
    return f"{statistics.median(known):.2f} s" if len(known) == len(seconds) else "never"


def main(words: Sequence[str]) -> int:
    venv = ROOT / ".venv" / "bin" / "python"
    parser = argparse.ArgumentParser(description="UDP services beside Nmap, in the lab.")
    parser.add_argument("--rounds", type=int, default=1, help="rounds (default 1)")
    parser.add_argument("--ports", type=int, default=1000, help="ports of the host (default 1000)")
    parser.add_argument("--python", default=str(venv) if venv.exists() else sys.executable)
    wanted = parser.parse_args(words)
    if why := needs.missing():
        print(f"bench: {why}", file=sys.stderr)
        return 1
    for daemon in DAEMONS:
        if not daemon.installed:
            print(f"left out: {daemon.package} is not installed", file=sys.stderr)
    asked = ports(wanted.ports)
    names = ["periplus", *(["nmap"] if shutil.which("nmap") else [])]
    runs: dict[str, list[Seen]] = {name: [] for name in names}
    with ThreadPoolExecutor() as pool:
        for _ in range(wanted.rounds):
            jobs = {"periplus": pool.submit(ours, asked, wanted.python)}
            if "nmap" in runs:
                jobs["nmap"] = pool.submit(nmap, asked)
            for name, job in jobs.items():
                runs[name].append(job.result())
    print("\n".join(table(runs)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
