"""Packets a second that leave, beside masscan: ``python bench/transmit.py``.

Builds the lab and lets the near host drop all that arrives, before its stack sees it. Every contender sends SYNs
without a limit to the addresses of a /16 that the near host routes to itself; the figure is what the near host's
interface counted in some seconds, once the sender was under way. Contenders take turns, several rounds; medians are
printed. A program that is not installed is left out, and that is said. Needs root.

`same` is one unchanged frame, all that the way out can carry; `probes` are a scan's own, made meanwhile
(`bench/pour.py`). Goals: probes at 1.6 times masscan's rate, and at 95 % of the same transport's unchanged frame.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab import network, scanners
from tests.lab.network import NEAR, Network

from bench import kit

TARGETS = "198.19.0.0/16"
LINK, THERE = "near0", "scanner0"
DROP = f"""
table netdev bench {{
    chain first {{
        type filter hook ingress device "{THERE}" priority -500; policy drop;
    }}
}}
"""
MASSCAN = "masscan"
OURS = (("packet", "same"), ("packet", "probes"), ("xdp", "same"), ("xdp", "probes"))
OVER_MASSCAN, OF_THE_SAME = 1.6, 0.95
UNDER_WAY_PPS = 50_000
PATIENCE_S = 20.0


def contenders(net: Network, python: str) -> dict[str, list[str]]:
    """The command lines, by name."""
    mac = net.near.ask("link", "show", THERE)[0]["address"]
    pour = str(kit.ROOT / "bench" / "pour.py")
    found = {f"{way} {what}": [python, "-P", pour, way, what, TARGETS, mac] for way, what in OURS}
    masscan = [MASSCAN, TARGETS, "-p1-65535", "--rate", "10000000", "-e", LINK, "--wait", "0"]
    return found | {MASSCAN: [*masscan, "--router-mac", mac.replace(":", "-")]}


def arrived(net: Network) -> int:
    """Frames that the near host's interface has counted."""
    [link] = net.near.ask("-statistics", "link", "show", THERE)
    return int(link["stats64"]["rx"]["packets"])


def pps(net: Network, words: Sequence[str], seconds: float) -> float:
    """What arrives a second of what this program sends."""
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(
        net.scanner.inside(words),
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        env=scanners.environment(),
    ) as child:
        try:
            under_way(net, child)
            began, before = time.perf_counter(), arrived(net)
            time.sleep(seconds)
            count, took = arrived(net) - before, time.perf_counter() - began
        finally:
            child.kill()
    return count / took


def under_way(net: Network, child: "subprocess.Popen[bytes]") -> None:
    """Wait until frames come at a rate that is no neighbour discovery."""
    deadline = time.monotonic() + PATIENCE_S
    last = arrived(net)
    while time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.2)
        now = arrived(net)
        if now - last > UNDER_WAY_PPS * 0.2:
            return
        last = now
    raise SystemExit(f"bench: {child.args!r} sends nothing")


def ratios(median: dict[str, float]) -> list[str]:
    """Our probes beside the goals."""
    probes = median["xdp probes"]
    rows = [("the unchanged frame by xdp", median["xdp same"], OF_THE_SAME)]
    if MASSCAN in median:
        rows.append((MASSCAN, median[MASSCAN], OVER_MASSCAN))
    return [
        f"xdp probes: {probes / other:.2f} of {name}, goal {goal:g}, {'met' if probes >= goal * other else 'missed'}"
        for name, other, goal in rows
    ]


def measured(wanted: argparse.Namespace) -> dict[str, list[float]]:
    """Packets a second, by contender, round by round."""
    seconds = wanted.seconds or (1.0 if wanted.quick else 3.0)
    with network.build() as net:
        net.near.ip("route", "replace", "local", TARGETS, "dev", "lo")
        net.scanner.ip("route", "replace", TARGETS, "via", NEAR.v4)
        net.near.firewall(DROP)
        lines = contenders(net, wanted.python)
        if not kit.installed(MASSCAN):
            del lines[MASSCAN]
        seen: dict[str, list[float]] = {name: [] for name in lines}
        for _ in range(wanted.rounds):
            for name, line in lines.items():
                seen[name].append(pps(net, line, seconds))
    return seen


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, help="how long each is counted (default 3, quick 1)")


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table over all ways to send."""
    seen = measured(wanted)
    median = {name: statistics.median(runs) for name, runs in seen.items()}
    table = [["sender", "kpps", "rounds"]]
    for name, figure in median.items():
        table.append([name, f"{figure / 1000:.0f}", " ".join(f"{run / 1000:.0f}" for run in seen[name])])
    notes = [] if MASSCAN in seen else [f"{MASSCAN} is not installed: left out."]
    raw = [{"sender": name, "pps": runs} for name, runs in seen.items()]
    yield kit.Section("Sending alone", table, [*notes, *ratios(median)], raw)


BENCH = kit.Bench("transmit", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
