"""``periplus scan`` at work: options to configuration, configuration to a run, a run to an exit status."""

import argparse
import os
import random
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from periplus import __version__
from periplus.cli.aim import Aim, aim
from periplus.cli.main import FAILED, FINISHED, INTERRUPTED
from periplus.cli.options import output_requests, read, timing
from periplus.cli.progress import Progress
from periplus.data import services_text
from periplus.engine.timing import Timing
from periplus.errors import CannotScan, UsageError
from periplus.result.outputs import open_writers
from periplus.result.row import HostReport, PortRow, RunRow, SummaryRow
from periplus.result.writer import Options, Writers
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig
from periplus.scan.link import Link
from periplus.scan.loop import Loop
from periplus.scan.names import resolve
from periplus.scan.naming import Naming
from periplus.scan.open import open_link
from periplus.scan.snapshot import Snapshot
from periplus.space.services import Services
from periplus.technique.catalogue import by_name
from periplus.technique.model import Technique
from periplus.transport.scout import Scout

__all__ = ["scan"]

REFRESH_S = 1.0
RAW_ALLOWED = "raw packets are allowed"
RAW_REFUSED = "no privilege for raw packets (CAP_NET_RAW), which -sS needs"
SEED_BITS = 53  # more would lose digits in readers that hold numbers as doubles


@dataclass(slots=True)
class _Show:
    """Hands rows to the writers and to the terminal, one at a time."""

    writers: Writers
    progress: Progress
    refreshed_s: float = 0.0

    def finding(self, row: PortRow) -> None:
        self.progress.found(row)
        with self.progress.aside():
            self.writers.finding(row)

    def host(self, report: HostReport) -> None:
        with self.progress.aside():
            self.writers.host(report)

    def snapshot(self, snapshot: Snapshot) -> None:
        self.progress.show(snapshot)
        if snapshot.elapsed_s - self.refreshed_s > REFRESH_S:
            self.refreshed_s = snapshot.elapsed_s
            self.writers.refresh()


class _Stop:
    """Whether the user asked to end; the second time the process ends at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(number, signal.SIG_DFL)


def scan(arguments: Sequence[str], raw: bool, scout: Scout | None) -> int:
    """Scan, and return the exit status. `raw`: raw packets are allowed; `scout` knows the routes."""
    given = read(arguments)
    pace, requests = timing(given), output_requests(given)
    progress = Progress(sys.stderr, given.verbose, dumb=os.environ.get("TERM") == "dumb")
    services = Services(services_text())
    target = aim(given, services, resolve, progress.message)
    technique, why = _technique(given.technique, raw)
    _check_traceroute(given, technique)
    options = Options(services, given.open_only, given.reason, given.all_states, given.verbose)
    writers = open_writers(requests, options, progress.message)
    if why:
        progress.message(why)
    try:
        config = _config(given, arguments, target, technique, pace)
        return _run(config, target, writers, progress, services, scout)
    finally:
        progress.close()
        writers.close()


def _config(
    given: argparse.Namespace, arguments: Sequence[str], target: Aim, technique: Technique, pace: Timing
) -> ScanConfig:
    return ScanConfig(
        space=target.space,
        technique=technique,
        timing=pace,
        seed=secrets.randbits(SEED_BITS) if given.seed is None else given.seed,
        arguments=tuple(arguments),
        names=target.names,
        assume_up=given.assume_up,
        reverse=given.reverse,
        traceroute=given.traceroute,
        tell_down=bool(given.verbose or given.all_states or given.out_ndjson) or target.space.n_hosts == 1,
    )


def _technique(asked: str | None, raw: bool) -> tuple[Technique, str]:
    """Return the technique, and which it is and why when nobody asked for one; `raw`: raw packets are allowed."""
    if asked is None:
        technique = by_name("syn" if raw else "connect")
        return technique, f"{technique.title}: {RAW_ALLOWED if raw else RAW_REFUSED}"
    technique = by_name(asked)
    if technique.needs_raw and not raw:
        raise CannotScan(
            f"{technique.flag} sends raw packets, and this process may not: run it as root, give it CAP_NET_RAW, "
            "or use -sT"
        )
    return technique, ""


def _check_traceroute(given: argparse.Namespace, technique: Technique) -> None:
    """Ordinary sockets do not show who sent an error."""
    if not given.traceroute or technique.needs_raw:
        return
    if given.technique is None:
        raise CannotScan(
            "--traceroute sends raw packets, and this process may not: run it as root or give it CAP_NET_RAW"
        )
    raise UsageError(
        f"--traceroute needs raw packets, which {technique.flag} does not send; use -sS or leave it out"
    )


def _run(
    config: ScanConfig,
    target: Aim,
    writers: Writers,
    progress: Progress,
    services: Services,
    scout: Scout | None,
) -> int:
    clock = Clock()
    show = _Show(writers, progress)
    began = clock.epoch_s(clock.now_us())
    with _stopping() as stop, _opened(config, clock, progress, scout) as link:
        writers.begin(
            RunRow(
                version=__version__,
                arguments=("scan", *config.arguments),
                seed=config.seed,
                started=began,
                technique=config.technique.name,
                proto=config.technique.proto,
                ports=target.ports,
                targets=config.space.n_hosts,
            )
        )
        naming = Naming(config.reverse)
        summary = Loop(
            config, link, show, clock, services.names, naming, lambda: stop() or writers.exhausted
        ).run()
        naming.close()
    progress.close()
    writers.end(summary)
    return _status(summary, writers, progress, stop.asked)


def _status(summary: SummaryRow, writers: Writers, progress: Progress, asked: bool) -> int:
    if summary.message:
        progress.message(f"periplus: {summary.message}")
    if not summary.hosts_up and summary.exit == "success":
        progress.message("No host answered; -Pn reports hosts that drop everything as up")
    if summary.kernel_drops:
        progress.message(f"{summary.kernel_drops} answers were lost in this machine's receive buffer")
    if summary.exit == "interrupted" and asked:
        return INTERRUPTED
    return FAILED if summary.exit != "success" or writers.failed else FINISHED


@contextmanager
def _opened(config: ScanConfig, clock: Clock, progress: Progress, scout: Scout | None) -> Iterator[Link]:
    generator = random.Random(config.seed)
    link = open_link(config, clock, generator.randrange, progress.message, scout)
    try:
        yield link
    finally:
        link.close()


@contextmanager
def _stopping() -> Iterator[_Stop]:
    stop = _Stop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop.ask) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
