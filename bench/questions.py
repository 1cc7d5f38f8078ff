"""Finding hosts and every technique, beside Nmap, masscan and fping: ``python bench/questions.py``.

Builds the lab, runs every case with all programs in turn, several rounds, and prints medians and what was found,
beside the truth. A program that is not installed is left out, and that is said. Needs root (namespaces) and the
Debian packages of the lab; masscan and fping are asked only here.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab import needs, network, scanners, servers
from tests.lab.network import NEAR, Network

ROOT = Path(__file__).parents[1]
PATIENCE = 300  # seconds a program gets
SWEPT = "198.19.0.0/16"  # routed by way of the near host, which answers for all of it
LINK = "198.18.0.0/24"
NEIGHBOURS = 40  # hosts on the link, this one not counted
ROUTER_MAC = "{mac}"  # masscan asks for a default gateway's, and the lab has none
MASSCAN_PPS = "50000"  # at 200,000 it loses every second answer here


@dataclass(frozen=True, slots=True)
class Contender:
    """A program's words, and how to count in its output what it found."""

    words: Sequence[str]
    count: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Case:
    """One row: how the network is made ready, who runs (by name), and how much there is to find."""

    key: str
    name: str
    prepare: Callable[[Network], None]
    contenders: dict[str, Contender]
    truth: int


def ours(*words: str) -> Contender:
    return Contender(["periplus", "scan", "-n", *words, "-oG", "-"], up_or_settled)


def nmap(*words: str) -> Contender:
    return Contender(["nmap", "-n", *words, "-oG", "-"], up_or_settled)


def up_or_settled(text: str) -> int:
    """Hosts that are up; for a scan of ports, those that were told in one way or another."""
    settled = 0
    for line in text.splitlines():
        if "Ignored State:" in line:
            settled += int(line.rpartition("(")[2].split(")")[0])
        if "\tPorts: " in line:
            listed = line.partition("\tPorts: ")[2].partition("\t")[0]
            settled += sum(bool(part.strip()) for part in listed.split(", "))
    return settled or text.count("Status: Up")


def lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def masscan_hosts(text: str) -> int:
    return len({line.split()[3] for line in text.splitlines() if line.startswith("open")})


def swept(net: Network) -> None:
    """A /16 of which every address answers, behind a router: one next hop, no ARP by address.

    And somebody else's packets now and then, as masscan does not end before one has come.
    """
    net.near.ip("route", "replace", "local", SWEPT, "dev", "lo")
    net.scanner.ip("route", "replace", SWEPT, "via", NEAR.v4)
    net.near.start("bash", "-c", "while :; do echo >/dev/udp/198.18.0.1/9; sleep 0.1; done")


def neighbours(net: Network) -> None:
    """Forty addresses of the link, all the near host's; the other two hundred are nobody's."""
    for last in range(2, NEIGHBOURS + 2):
        net.near.ip("address", "replace", f"198.18.0.{last}/24", "dev", "scanner0")


def nothing(_: Network) -> None:
    """As the lab is."""


ALL = 65_535
FLAGS = {"-sF": "FIN", "-sN": "NULL", "-sX": "Xmas", "-sM": "Maimon", "-sA": "ACK", "-sW": "Window"}
CASES = (
    Case(
        "sweep",
        "ping sweep of a /16, all answer",
        swept,
        {
            "periplus": ours("-sn", "-PE", SWEPT),
            "nmap": nmap("-sn", "-PE", SWEPT),
            "fping": Contender(["fping", "-a", "-q", "-i", "0.1", "-r", "1", "-g", SWEPT], lines),
            "masscan": Contender(
                [
                    "masscan",
                    "--ping",
                    SWEPT,
                    "--rate",
                    MASSCAN_PPS,
                    "-e",
                    "near0",
                    "--router-mac",
                    ROUTER_MAC,
                    "--wait",
                    "1",
                    "-oL",
                    "-",
                ],
                masscan_hosts,
            ),
        },
        1 << 16,
    ),
    Case(
        "link",
        "on-link /24 by ARP, 40 hosts and this one",
        neighbours,
        {"periplus": ours("-sn", LINK), "nmap": nmap("-sn", LINK)},
        NEIGHBOURS + 1,
    ),
    *(
        Case(
            name.lower(),
            f"65,535 ports, {name} scan",
            nothing,
            {who: maker("-Pn", flag, "-p-", NEAR.v4) for who, maker in (("periplus", ours), ("nmap", nmap))},
            ALL,
        )
        for flag, name in FLAGS.items()
    ),
    Case(
        "six",
        "65,535 ports, SYN, IPv6",
        nothing,
        {
            "periplus": ours("-Pn", "-sS", "-p-", NEAR.v6),
            "nmap": nmap("-6", "-Pn", "-sS", "-p-", NEAR.v6),
            "IPv4": ours("-Pn", "-sS", "-p-", NEAR.v4),
        },
        ALL,
    ),
)


def argv(words: Sequence[str], python: str) -> list[str]:
    return [python, "-P", "-m", *words] if words[0] == "periplus" else list(words)


def measure(net: Network, contender: Contender, python: str, files: Path) -> tuple[float, int]:
    """Seconds and what was found; a program that fails has found nothing."""
    out, err = files / "out", files / "err"
    mac = net.near.ask("link", "show", "scanner0")[0]["address"].replace(":", "-")
    words = [word.replace(ROUTER_MAC, mac) for word in argv(contender.words, python)]
    meter = [sys.executable, "-I", "-S", str(ROOT / "bench" / "meter.py"), str(PATIENCE), str(out), str(err)]
    child = subprocess.run(
        net.scanner.inside([*meter, *words]),
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env=scanners.environment(),
    )
    cost = json.loads(child.stdout)
    return float(cost["seconds"]), contender.count(out.read_text(errors="replace"))


def run_case(case: Case, rounds: int, python: str) -> list[str]:
    """Every program in turn, `rounds` times, in a network of the case's own; the lines of its table."""
    present = {name: each for name, each in case.contenders.items() if installed(each.words[0])}
    seen: dict[str, list[tuple[float, int]]] = {name: [] for name in present}
    with ExitStack() as stack:
        net = stack.enter_context(network.build())
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="periplus-bench-")))
        servers.serve_web(net.near, files)
        servers.serve_ssh(net.near, files)
        case.prepare(net)
        for _ in range(rounds):
            for name, contender in present.items():
                seen[name].append(measure(net, contender, python, files))
    rows = []
    for name, runs in seen.items():
        seconds = statistics.median(run[0] for run in runs)
        found = min(run[1] for run in runs)
        rows.append(f"{case.name:44} {name:10} {seconds:8.2f} s  {found:6} of {case.truth}")
    rows += [f"{case.name:44} {name:10} not installed" for name in case.contenders.keys() - present.keys()]
    return rows


def installed(program: str) -> bool:
    return program == "periplus" or shutil.which(program) is not None


def main(words: Sequence[str]) -> int:
    venv = ROOT / ".venv" / "bin" / "python"
    parser = argparse.ArgumentParser(description="Finding hosts and every technique, in the lab.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument(
        "--only", action="append", choices=[case.key for case in CASES], help="this case only; repeatable"
    )
    parser.add_argument(
        "--python", default=str(venv) if venv.exists() else sys.executable, help="interpreter for ours"
    )
    wanted = parser.parse_args(words)
    if why := needs.missing():
        print(f"bench: {why}", file=sys.stderr)
        return 1
    for case in CASES:
        if not wanted.only or case.key in wanted.only:
            print("\n".join(run_case(case, wanted.rounds, wanted.python)), flush=True)
    print(f"\n{wanted.rounds} rounds, medians; what was found is that of the worst round")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
