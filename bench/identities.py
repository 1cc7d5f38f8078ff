"""Identification beside ``nmap -sV``: two dozen of Debian's servers on one host, and four of them on 256 hosts.

``python bench/identities.py`` builds a lab in which the servers of `tests/lab/tenants.py` listen on unusual
ports, has both programs ask the same open ports in turn, and tells how long each took and how many products it
named rightly. The hosts of the second case are addresses of one namespace, each with the same four servers.
Needs root and the packages of the servers; those that are not installed are left out, and that is said.

Limits: nothing else happens on this network, so waiting for silent services is most of what both do.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab import network, tenants
from tests.lab.network import NEAR, Network
from tests.lab.tenants import TENANTS, Tenant

from bench import kit

FEW = ("sshd", "nginx", "redis", "vsftpd")
HOSTS = 254  # of a /24, all but its network and its broadcast address
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Run:
    """One program's run of one case: products named rightly, of how many, and claimed wrongly."""

    case: str
    program: str
    seconds: float
    right: int
    wrong: int
    of: int
    error: str = ""


@contextmanager
def lab(some: Sequence[Tenant], hosts: Sequence[str]) -> Iterator[Network]:
    """The servers on one host, with more addresses if wanted."""
    with network.build() as net, tenants.housed(net.near, list(some)):
        for address in hosts:
            if address not in (NEAR.v4, "198.18.0.1", "198.18.0.254"):
                net.near.ip("address", "add", f"{address}/24", "dev", net.near.links[0])
        yield net


def asked(some: Sequence[Tenant]) -> list[str]:
    """The scan's options for these ports."""
    ports = {
        proto: ",".join(str(each.port) for each in some if each.proto == proto) for proto in ("tcp", "udp")
    }
    words = ",".join(
        f"{letter}:{ports[proto]}" for letter, proto in (("T", "tcp"), ("U", "udp")) if ports[proto]
    )
    return ["-sS", *(["-sU"] if ports["udp"] else []), "-p", words]


def said_by_us(text: str) -> dict[Key, str]:
    """What Periplus called each port's product."""
    rows = (json.loads(line) for line in text.splitlines())
    return {
        (row["addr"], row["proto"], row["port"]): str(row.get("product", "")).lower()
        for row in rows
        if row["type"] == "service"
    }


def said_by_nmap(text: str) -> dict[Key, str]:
    """What Nmap called it."""
    found: dict[Key, str] = {}
    for host in ET.fromstring(text).iter("host"):
        address = next(
            (each.get("addr", "") for each in host.iter("address") if each.get("addrtype") == "ipv4"), ""
        )
        for port in host.iter("port"):
            service = port.find("service")
            product = "" if service is None else service.get("product", "")
            found[address, port.get("protocol", ""), int(port.get("portid", "0"))] = product.lower()
    return found


def judged(said: dict[Key, str], some: Sequence[Tenant], hosts: Sequence[str]) -> tuple[int, int]:
    """Return how many products were named rightly, and how many wrongly."""
    right = wrong = 0
    for host in hosts:
        for tenant in some:
            product = said.get((host, tenant.proto, tenant.port), "")
            fits = tenant.product is not None and tenant.product.lower() in product
            right += fits
            wrong += bool(product) and not fits and tenant.product is not None
    return right, wrong


def run_case(
    case: str, some: Sequence[Tenant], hosts: Sequence[str], target: str, wanted: argparse.Namespace
) -> Iterator[Run]:
    """Both programs in turn, each round in a lab of its own."""
    commands = {
        kit.OURS: kit.ours(wanted.python, "scan", "-n", "-Pn", "-sV", *asked(some), "-oJ", "-", target),
        "nmap": ["nmap", "-n", "-Pn", "-sV", *asked(some), "-oX", "-", target],
    }
    of = sum(each.product is not None for each in some) * len(hosts)
    for _ in range(wanted.rounds):
        with lab(some, hosts) as net, tempfile.TemporaryDirectory(prefix="periplus-bench-") as name:
            for program, words in commands.items():
                cost = kit.measure(net.scanner, words, Path(name), patience=1800)
                said = {} if cost.error else (said_by_us if program == kit.OURS else said_by_nmap)(cost.out)
                right, wrong = judged(said, some, hosts)
                yield Run(case, program, cost.seconds, right, wrong, of, cost.error)


def table(title: str, runs: Sequence[Run], notes: Sequence[str]) -> kit.Section:
    """Medians of one case."""
    rows = [["program", "seconds", "products named rightly", "wrongly", "of"]]
    for program in dict.fromkeys(run.program for run in runs):
        own = [run for run in runs if run.program == program]
        middle = [kit.median([getattr(run, name) for run in own]) for name in ("seconds", "right", "wrong")]
        seconds, right, wrong = (value or 0.0 for value in middle)
        rows.append([program, f"{seconds:.1f}", f"{right:g}", f"{wrong:g}", str(own[0].of)])
    failed = [f"{run.program}: {run.error}" for run in runs if run.error]
    return kit.Section(title, rows, [*notes, *failed], [asdict(run) for run in runs])


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=("one", "many"), help="this case only")


def sections(wanted: argparse.Namespace) -> Iterator[kit.Section]:
    """The tables of both cases."""
    here = [tenant for tenant in TENANTS if tenants.installed(tenant)]
    missing = tenants.missing()
    notes = [f"not installed: {', '.join(missing)}"] if missing else []
    if wanted.only in (None, "one"):
        runs = list(run_case("one", here, [NEAR.v4], NEAR.v4, wanted))
        yield table(f"{len(here)} services on one host", runs, notes)
    if wanted.only in (None, "many") and not wanted.quick:
        few = [tenant for tenant in here if tenant.name in FEW]
        hosts = [f"198.18.0.{last}" for last in range(2, HOSTS)]
        runs = list(run_case("many", few, hosts, f"198.18.0.2-{HOSTS - 1}", wanted))
        yield table(f"{len(few)} services on each of {len(hosts)} hosts", runs, notes)


BENCH = kit.Bench("identities", __doc__ or "", options, sections)

if __name__ == "__main__":
    sys.exit(kit.run(BENCH, sys.argv[1:]))
