"""Ours beside Nmap, masscan, ZMap and fping on networks of many addresses: ``.venv/bin/python bench/rivals.py``.

A responder in the kernel answers for a /16 (`bench/responder.py`): what is open follows from a hash, so recall is
counted against the whole truth. Every case is run by all programs in turn, several rounds; a program that is not
installed, or that cannot do a case, is left out, and that is said. Needs root, the Debian packages of the lab, and
for full rates clang and the kernel's headers (Debian: clang, linux-libc-dev); without them the responder is slower.

masscan and ZMap wait a fixed time after their last probe, `WAIT_S` here; ours and Nmap wait as the measured round
trips say. The column "without wait" leaves the fixed wait out. The rates of those two are given, as they have no
other pace; on the slow link it is one at which their probes and the resets that follow find room.
"""

import argparse
import ipaddress
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.responder import responding
from bench.truth import SWEPT, Manner, keys, open_keys
from tests.lab import network
from tests.lab.network import FAR, NEAR, Network, Node

from bench import kit
from periplus.columns import U16, U32, U64, distinct

WAIT_S = 2
PATIENCE_S, PATIENCE_PPS = 300, 20_000  # this long, and longer for what takes longer at this rate
PROGRAMS = {  # contender: what must be installed
    "periplus": "periplus",
    "periplus-t4": "periplus",
    "periplus-sl": "periplus",
    "masscan": "masscan",
    "masscan-rt": "masscan",
    "zmap": "zmap",
    "nmap": "nmap",
    "fping": "fping",
}
NAMES = tuple(PROGRAMS)
ROW = re.compile(r"Host: (\S+) .*?Ports: ([^\t\n]*)")
OPEN = re.compile(r"(\d+)/open/")
LINK_PPS, LINK_QUEUE_S, FRAME = 10_000, 0.05, 84  # a frame on the wire, gaps included
LEAST_BURST, BURST_S = (
    10,
    0.005,
)  # frames that the link may catch up at once when the machine did not let it work


@dataclass(frozen=True, slots=True)
class Case:
    """One row: targets, ports (none: a ping sweep), how the responder behaves, and the rates for who has no pace.

    `nmap` are Nmap's own words, None where it would take many minutes; `link_pps` puts a link of so many packets a
    second before it.
    """

    key: str
    name: str
    targets: str
    ports: Sequence[int]
    manner: Manner
    rate: int = 100_000
    nmap: Sequence[str] | None = None
    link_pps: int | None = None

    @property
    def asked(self) -> int:
        return ipaddress.ip_network(self.targets).num_addresses * max(len(self.ports), 1)

    @property
    def patience_s(self) -> int:
        """After how long a program hangs."""
        return PATIENCE_S + self.asked // PATIENCE_PPS

    def truth(self) -> U64:
        """All that is open."""
        net = ipaddress.ip_network(self.targets)
        them: U32 = np.arange(net.num_addresses, dtype=np.uint32) + np.uint32(int(net.network_address))
        ports: U16 = np.array(self.ports or [0], np.uint16)
        return open_keys(them, ports, self.manner, ping=not self.ports)

    @property
    def listed(self) -> str:
        """The ports as scanners take them."""
        if isinstance(self.ports, range) and len(self.ports) > 1:
            return f"{self.ports[0]}-{self.ports[-1]}"
        return ",".join(map(str, self.ports))


TEN = (21, 22, 23, 25, 53, 80, 110, 143, 443, 8080)
BRISK = ("-T4", "--min-rate", "20000")


def cases(quick: bool) -> tuple[Case, ...]:
    """The cases; with `quick` a sixteenth of the addresses."""
    net, block = ("198.19.0.0/20", "198.19.0.0/28") if quick else (SWEPT, "198.19.0.0/24")
    size = "/20" if quick else "/16"
    half, some, rare = Manner.of(0.5, 0.5), Manner.of(0.1, 0.8), Manner.of(0.01, 0.99)
    one = f"{size} x 1 port"
    return (
        Case("sweep", f"ping sweep of a {size}, 90 % answer", net, (), some, nmap=BRISK),
        Case("one", f"{one}, half open, half closed", net, (80,), half, nmap=BRISK),
        Case("ten", f"{size} x 10 ports, 10 % open, 10 % dropped", net, TEN, some, nmap=BRISK),
        Case("dropped", f"{one}, 1 % open, all else dropped", net, (80,), Manner.of(0.01, 0.0), nmap=BRISK),
        Case("lossy", f"{one}, half open, 5 % loss", net, (80,), Manner.of(0.5, 0.5, 0.05), nmap=BRISK),
        Case("link", f"{one}, a link of 10 kpps", net, (80,), half, LINK_PPS // 2, ("-T4",), LINK_PPS),
        Case("every", f"{block[-3:]} x 65,535 ports, 1 % open", block, range(1, 65_536), rare, 300_000),
    )


@dataclass(frozen=True, slots=True)
class Way:
    """How a case's targets are reached: the interface, our address there, the next hop's hardware address."""

    link: str
    ip_me: str
    mac: str


def periplus(case: Case, _: Way, python: str) -> list[str] | None:
    if not case.ports:
        return kit.ours(python, "scan", "-n", "-sn", "-PE", "-oG", "-", case.targets)
    words = ("scan", "-n", "-Pn", "-sS", "--open", "-p", case.listed, "-oG", "-", case.targets)
    return kit.ours(python, *words)


def periplus_brisk(case: Case, way: Way, python: str) -> list[str] | None:
    """With the words that Nmap gets."""
    words = periplus(case, way, python)
    return [*words, *case.nmap] if words and case.nmap else None


def periplus_stateless(case: Case, way: Way, python: str) -> list[str] | None:
    """Everything once, as masscan and ZMap do; like theirs its pace is given where a link is slow."""
    words = periplus(case, way, python)
    pace = ["--max-rate", str(case.rate)] if case.link_pps else []
    return [*words, "--stateless", *pace] if words and case.ports else None


def nmap(case: Case, _: Way, __: str) -> list[str] | None:
    if case.nmap is None:
        return None
    kind = ["-Pn", "-sS", "--open", "-p", case.listed] if case.ports else ["-sn", "-PE"]
    return ["nmap", "-n", *kind, *case.nmap, "-oG", "-", case.targets]


def masscan(case: Case, way: Way, _: str) -> list[str] | None:
    kind = ["-p", case.listed] if case.ports else ["--ping"]
    where = ["-e", way.link, "--source-ip", way.ip_me, "--router-mac", way.mac.replace(":", "-")]
    return [
        "masscan",
        case.targets,
        *kind,
        *where,
        "--rate",
        str(case.rate),
        "--wait",
        str(WAIT_S),
        "-oL",
        "-",
    ]


def masscan_first(case: Case, way: Way, python: str) -> list[str] | None:
    """At a real-time priority: its ring holds some thirty packets, so it loses answers while it waits its turn."""
    words = masscan(case, way, python)
    return ["chrt", "--rr", "10", *words] if words else None


def zmap(case: Case, way: Way, _: str) -> list[str] | None:
    """One port only; its list of what is never scanned has the range for benchmarks, and is left out."""
    if len(case.ports) > 1:
        return None
    kind = ["-p", case.listed] if case.ports else ["-M", "icmp_echoscan"]
    where = ["-i", way.link, "-S", way.ip_me, "-G", way.mac, "-C", "/dev/null", "-b", "/dev/null"]
    return [
        "zmap",
        *kind,
        *where,
        "-r",
        str(case.rate),
        "-c",
        str(WAIT_S),
        "-q",
        "-v",
        "1",
        "-o",
        "-",
        case.targets,
    ]


def fping(case: Case, _: Way, __: str) -> list[str] | None:
    return None if case.ports else ["fping", "-a", "-q", "-i", "0.1", "-r", "1", "-g", case.targets]


def grepable(text: str, port: int | None) -> Iterator[tuple[str, int]]:
    """What is open (or, without ports, up) in Nmap's grepable format."""
    if port == 0:
        yield from ((line.split()[1], 0) for line in text.splitlines() if line.endswith("Status: Up"))
        return
    for row in ROW.finditer(text):
        yield from ((row[1], int(number)) for number in OPEN.findall(row[2]))


def listed(text: str, port: int | None) -> Iterator[tuple[str, int]]:
    """masscan's list: ``open tcp 80 198.19.0.1 TIME``."""
    rows = (line.split() for line in text.splitlines() if line.startswith("open"))
    yield from ((row[3], 0 if port == 0 else int(row[2])) for row in rows)


def bare(text: str, port: int | None) -> Iterator[tuple[str, int]]:
    """An address a line."""
    yield from ((line.strip(), port or 0) for line in text.splitlines() if line[:1].isdigit())


Maker = Callable[[Case, Way, str], list[str] | None]
Reader = Callable[[str, int | None], Iterator[tuple[str, int]]]
CONTENDERS: dict[str, tuple[Maker, Reader]] = {
    "periplus": (periplus, grepable),
    "periplus-t4": (periplus_brisk, grepable),
    "periplus-sl": (periplus_stateless, grepable),
    "masscan": (masscan, listed),
    "masscan-rt": (masscan_first, listed),
    "zmap": (zmap, bare),
    "nmap": (nmap, grepable),
    "fping": (fping, bare),
}
FINE = {"fping": (0, 1)}  # 1: somebody does not answer
FIXED_WAIT = ("masscan", "masscan-rt", "zmap")


def found(reader: Reader, text: str, case: Case) -> U64:
    """What a program told, each pair once. `port` is 0 for a sweep and None where several were asked."""
    port = None if len(case.ports) > 1 else case.ports[0] if case.ports else 0
    pairs = list(reader(text, port))
    packed = b"".join(ipaddress.IPv4Address(address).packed for address, _ in pairs)
    them = np.frombuffer(packed, ">u4").astype(np.uint32)
    return distinct(keys(them, np.array([number for _, number in pairs], np.uint16)))


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one program: what it cost and found, and why it is void."""

    case: str
    program: str
    seconds: float
    sending: float
    frames: int
    true_open: int
    false_open: int
    open: int
    peak_mb: float
    error: str = ""


def run_once(case: Case, name: str, bed: "Bed", python: str, files: Path) -> Measured | None:
    """None when the program cannot do the case."""
    make, read = CONTENDERS[name]
    words = make(case, bed.way, python)
    if words is None:
        return None
    before = bed.arrived()
    cost = kit.measure(bed.scanner, words, files, case.patience_s)
    frames = bed.arrived() - before
    error = "" if cost.status in FINE.get(name, (0,)) else cost.error
    told = found(read, "" if error else cost.out, case)
    hits = int(np.isin(told, bed.truth, assume_unique=True).sum())
    wait = WAIT_S if name in FIXED_WAIT else 0
    figures = (
        cost.seconds,
        cost.seconds - wait,
        frames,
        hits,
        len(told) - hits,
        len(bed.truth),
        cost.peak_mb,
    )
    return Measured(case.key, name, *figures, error)


@dataclass(frozen=True, slots=True)
class Bed:
    """The network of a case, made ready."""

    scanner: Node
    answers: Node
    link: str
    way: Way
    truth: U64

    def arrived(self) -> int:
        """Frames that the responder's interface has counted."""
        [link] = self.answers.ask("-statistics", "link", "show", self.link)
        return int(link["stats64"]["rx"]["packets"])


def laid_out(net: Network, case: Case) -> Bed:
    """The swept network behind the near host, or behind the router and a slow link; sealed still.

    Somebody else's packets come now and then, as masscan does not end before one has come.
    """
    gate, link, hop, ip_me = (
        (net.router, "router0", "198.18.1.254", "198.18.1.1")
        if case.link_pps
        else (net.near, "near0", NEAR.v4, "198.18.0.1")
    )
    net.scanner.ip("route", "replace", SWEPT, "via", hop)
    if case.link_pps:
        net.router.ip("route", "replace", SWEPT, "via", FAR.v4)
        slow(net.router, "far0", case.link_pps)
    gate.start("bash", "-c", f"while :; do echo >/dev/udp/{ip_me}/9; sleep 0.1; done")
    net.check_sealed()
    mac = gate.ask("link", "show", "scanner0")[0]["address"]
    answers, there = (net.far, "router0") if case.link_pps else (net.near, "scanner0")
    return Bed(net.scanner, answers, there, Way(link, ip_me, mac), case.truth())


def slow(node: Node, link: str, pps: int) -> None:
    """A link for so many frames a second, each counted as the shortest Ethernet frame, with a short queue.

    Asked again it changes the rate, and goes on counting.
    """
    rate, queue = pps * FRAME * 8, int(pps * LINK_QUEUE_S) * FRAME
    burst = max(LEAST_BURST, int(pps * BURST_S)) * FRAME
    sizes = ["stab", "mpu", str(FRAME), "linklayer", "ethernet"]
    bucket = ["tbf", "rate", f"{rate}bit", "burst", str(burst), "limit", str(queue)]
    network.run(["tc", "-n", node.name, "qdisc", "replace", "dev", link, "root", *sizes, *bucket])


def run_case(case: Case, names: Sequence[str], wanted: argparse.Namespace) -> tuple[list[Measured], str]:
    """Every program in turn, so many rounds, in a network of the case's own; and what the responder was."""
    done = []
    with ExitStack() as stack:
        net = stack.enter_context(network.build())
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="periplus-bench-")))
        bed = laid_out(net, case)
        manner = case.manner
        kind = stack.enter_context(responding(bed.answers, bed.link, manner, user_space=wanted.user_space))
        for number in range(1, wanted.rounds + 1):
            for name in names:
                if (one := run_once(case, name, bed, wanted.python, files)) is not None:
                    done.append(one)
                    tell(number, one)
    return done, kind


def tell(number: int, one: Measured) -> None:
    verdict = one.error or f"{one.true_open} of {one.open}, {one.false_open} false"
    text = f"round {number}  {one.case:8} {one.program:11} {one.seconds:8.2f} s  {verdict}"
    print(text, file=sys.stderr, flush=True)


HEAD = (
    "case", "program", "seconds", "without wait", "ratio", "kprobes/s", "frames a probe", "recall", "worst", "false",
)  # fmt: skip


def rows(case: Case, runs: Sequence[Measured]) -> Iterator[list[str]]:
    """The case's lines: medians, ours beside each, and the worst round's recall."""
    by = {name: [run for run in runs if run.program == name] for name in NAMES}
    own = kit.median([run.seconds for run in by["periplus"] if not run.error])
    for name in NAMES:
        good = [run for run in by[name] if not run.error]
        if good:
            yield [case.name, name, *figures(case, good, own)]
        elif by[name]:
            yield [case.name, name, by[name][0].error, *["-"] * (len(HEAD) - 3)]


def figures(case: Case, runs: Sequence[Measured], own: float | None) -> list[str]:
    """One program's cells; `own` is our median."""
    seconds, sending, frames = (
        statistics.median(values)
        for values in (
            [run.seconds for run in runs],
            [run.sending for run in runs],
            [run.frames / case.asked for run in runs],
        )
    )
    shares = [100 * run.true_open / max(run.open, 1) for run in runs]
    return [
        f"{seconds:.2f} s",
        f"{sending:.2f} s",
        f"{own / seconds:.2f}" if own else "-",
        f"{case.asked / max(sending, 0.01) / 1000:.0f}",
        f"{frames:.2f}",
        f"{statistics.median(shares):.3f} %",
        f"{min(shares):.3f} %",
        str(max(run.false_open for run in runs)),
    ]


def options(parser: argparse.ArgumentParser) -> None:
    keys_known = [case.key for case in cases(quick=False)]
    parser.add_argument("--only", action="append", choices=keys_known, help="this case only; repeatable")
    parser.add_argument("--program", action="append", choices=NAMES, help="this program only; repeatable")
    parser.add_argument("--user-space", action="store_true", help="the responder without XDP")


NOTES = (
    f"masscan and zmap wait {WAIT_S} s after the last probe.",
    f"nmap and periplus-t4 were asked with {' '.join(BRISK)} (over the slow link -T4 only), periplus with neither.",
    "periplus-sl is --stateless: everything once, nothing measured.",
    "masscan-rt is masscan at a real-time priority: by the usual one it loses what its short ring cannot hold.",
    "zmap can have one port only, and nmap is left out where it takes many minutes.",
    "fping leaves out the first and the last address of a network.",
    "Ratio: our seconds to theirs. Frames a probe: all that the responder got, the scanner's resets included.",
)


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """One table over all cases."""
    asked = wanted.program or NAMES
    names = [name for name in asked if kit.installed(PROGRAMS[name])]
    lines, runs, kinds = [list(HEAD)], list[Measured](), set[str]()
    for case in cases(wanted.quick):
        if not wanted.only or case.key in wanted.only:
            done, kind = run_case(case, names, wanted)
            lines += rows(case, done)
            runs += done
            kinds.add(kind)
    notes = [f"{PROGRAMS[name]} is not installed: {name} is left out." for name in asked if name not in names]
    notes += [f"The responder was {' and '.join(sorted(kinds))}.", *NOTES]
    raw: list[dict[str, Any]] = [asdict(run) for run in runs]
    yield kit.Section("Many addresses: recall and time", lines, notes, raw)


BENCH = kit.Bench("rivals", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
