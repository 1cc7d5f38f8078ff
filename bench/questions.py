"""Finding hosts and every technique, beside Nmap: ``python bench/questions.py``.

Builds the lab, runs every case with both programs in turn, several rounds, and prints medians and what was found,
beside the truth. Needs root (namespaces) and the Debian packages of the lab. (A sweep of many addresses, beside
masscan, ZMap and fping as well, is a case of `bench/rivals.py`.)
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab import network, servers
from tests.lab.network import NEAR, Network

from bench import kit

PATIENCE_S = 300
LINK = "198.18.0.0/24"
NEIGHBOURS = 40  # hosts on the link, this one not counted


@dataclass(frozen=True, slots=True)
class Case:
    """One row: how the network is made ready, who runs with which words, and how much there is to find."""

    key: str
    name: str
    prepare: Callable[[Network], None]
    contenders: dict[str, Sequence[str]]
    truth: int


def ours(*words: str) -> list[str]:
    return [kit.OURS, "scan", "-n", *words, "-oG", "-"]


def nmap(*words: str) -> list[str]:
    return ["nmap", "-n", *words, "-oG", "-"]


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


def measure(net: Network, words: Sequence[str], python: str, files: Path) -> tuple[float, int]:
    """Seconds and what was found; a program that fails has found nothing."""
    line = kit.ours(python, *words[1:]) if words[0] == kit.OURS else words
    cost = kit.measure(net.scanner, line, files, PATIENCE_S)
    return cost.seconds, up_or_settled(cost.out)


def run_case(case: Case, rounds: int, python: str) -> dict[str, list[tuple[float, int]]]:
    """Every program in turn, `rounds` times, in a network of the case's own."""
    seen: dict[str, list[tuple[float, int]]] = {name: [] for name in case.contenders}
    with ExitStack() as stack:
        net = stack.enter_context(network.build())
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="periplus-bench-")))
        servers.serve_web(net.near, files)
        servers.serve_ssh(net.near, files)
        case.prepare(net)
        for _ in range(rounds):
            for name, words in case.contenders.items():
                seen[name].append(measure(net, words, python, files))
    return seen


def rows(case: Case, seen: dict[str, list[tuple[float, int]]]) -> Iterator[list[str]]:
    """The case's lines; what was found is that of the worst round."""
    own = statistics.median(run[0] for run in seen["periplus"])
    for name, runs in seen.items():
        seconds = statistics.median(run[0] for run in runs)
        worst = min(run[1] for run in runs)
        yield [case.name, name, f"{seconds:.2f} s", f"{own / seconds:.2f}", f"{worst} of {case.truth}"]


def options(parser: argparse.ArgumentParser) -> None:
    keys = [case.key for case in CASES]
    parser.add_argument("--only", action="append", choices=keys, help="this case only; repeatable")


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table over all cases."""
    table = [["case", "program", "seconds", "ratio", "found, worst round"]]
    raw: list[dict[str, Any]] = []
    for case in CASES:
        if not wanted.only or case.key in wanted.only:
            seen = run_case(case, wanted.rounds, wanted.python)
            table += rows(case, seen)
            raw += [{"case": case.key, "program": name, "runs": runs} for name, runs in seen.items()]
    yield kit.Section("Finding hosts, and every technique", table, ["Ratio: our seconds to theirs."], raw)


BENCH = kit.Bench("questions", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
