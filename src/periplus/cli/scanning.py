"""``periplus scan`` at work: options to configuration, configuration to a run, a run to an exit status."""

import argparse
import os
import random
import secrets
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import TYPE_CHECKING

from periplus import __version__
from periplus.cli.aim import Aim, Gather, aim, excluded_ports
from periplus.cli.caution import check_public, listed_public, planned_raw
from periplus.cli.choosing import check_stateless, check_traceroute, techniques, work
from periplus.cli.discovering import discovery
from periplus.cli.identifying import check_explained, explained, fingerprinting, identification, widen
from periplus.cli.main import FAILED, FINISHED, INTERRUPTED
from periplus.cli.options import timing
from periplus.cli.progress import Progress
from periplus.cli.resuming import Keeper, aim_of, begun, check_aim, keeper_for, requests_of
from periplus.cli.scoping import capped, gathered_within, over, scope_for, within
from periplus.cli.shaping import Manner, manner
from periplus.data import protocols_text, ranking_text, services_text
from periplus.engine.timing import Timing
from periplus.errors import CannotScan, UsageError
from periplus.result.batch import Hosts
from periplus.result.outputs import open_writers
from periplus.result.row import PortRow, RunRow, ScanRow, SummaryRow
from periplus.result.text import plural
from periplus.result.writer import Options, Writers
from periplus.scan.clock import Clock
from periplus.scan.config import Discovery, ScanConfig, Tarpits
from periplus.scan.forward import resolver
from periplus.scan.listing import listed
from periplus.scan.loop import Loop
from periplus.scan.names import ReverseNames
from periplus.scan.naming import Naming
from periplus.scan.open import Links, open_links
from periplus.scan.snapshot import Snapshot
from periplus.scan.vendor import Vendors
from periplus.space.course import WHOLE, Course
from periplus.space.ports import read_ranking
from periplus.space.quote import quoted
from periplus.space.services import Services
from periplus.transport.scout import Scout

if TYPE_CHECKING:
    from periplus.cli.controls import Controls
    from periplus.cli.keyboard import Keyboard
    from periplus.scan.recess import Recess
    from periplus.scan.state import Past
    from periplus.space.scope import Scope

__all__ = ["scan"]

REFRESH_S = 1.0
LISTED_AT_ONCE = 1024
KEY_BITS = 128
MOST_SILENT = 4_096  # hosts of a scan that tells of each silent one
SEED_BITS = 53  # more would lose digits in readers that hold numbers as doubles


@dataclass(slots=True)
class _Show:
    """Hands rows to the writers and to the terminal, one at a time."""

    writers: Writers
    progress: Progress
    refreshed_s: float = 0.0
    resting: bool = False
    rate_pps: float = 0.0
    status_wanted: bool = False

    def status(self) -> None:
        """Show the next snapshot in a line that stays."""
        self.status_wanted = True

    def findings(self, rows: Iterable[PortRow]) -> None:
        if not (self.progress.names_ports or self.writers.early):
            return
        for row in rows:
            self.progress.found(row)
            with self.progress.aside():
                self.writers.finding(row)

    def hosts(self, hosts: Hosts) -> None:
        with self.progress.aside():
            self.writers.hosts(hosts)

    def snapshot(self, snapshot: Snapshot) -> None:
        self.rate_pps = snapshot.rate_pps
        if self.status_wanted:
            self.status_wanted = False
            self.progress.status(snapshot)
        self.progress.show(snapshot)
        begins_to_rest = snapshot.paused_until is not None and not self.resting
        self.resting = snapshot.paused_until is not None
        if begins_to_rest or snapshot.elapsed_s - self.refreshed_s > REFRESH_S:
            self.refreshed_s = snapshot.elapsed_s
            self.writers.refresh()


class _Stop:
    """Whether the user asked to end; the second time the process ends at once."""

    def __init__(self, keyboard: "Keyboard | None" = None) -> None:
        self.asked = False
        self._keyboard = keyboard

    def __call__(self) -> bool:
        return self.asked

    def quit(self) -> None:
        """End as at the first signal; the terminal is given back now, as a second one leaves no time for that."""
        self.asked = True
        if self._keyboard is not None:
            self._keyboard.close()

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.quit()
        signal.signal(number, signal.SIG_DFL)


def scan(arguments: Sequence[str], raw: bool, scout: Scout | None) -> int:
    """Scan, and return the exit status. `raw`: raw packets are allowed; `scout` knows the routes."""
    arguments, given, past = begun(arguments, raw)
    widen(given, raw or given.dry_run)
    held, raw = raw, planned_raw(given, raw)
    pace = timing(given)
    progress = Progress(sys.stderr, given.verbose, dumb=os.environ.get("TERM") == "dumb")
    requests, kept = requests_of(given, past, progress.message)
    services = Services(services_text() + protocols_text())
    scope = scope_for(given, services)
    asked, why = techniques(given, raw)
    check_traceroute(given, asked, raw)
    check_stateless(given, asked, raw)
    if given.defeat_rations and not any(technique.rations_closed for technique in asked):
        raise UsageError("--defeat-icmp-ratelimit: only UDP scans (-sU) wait for ICMP errors")
    protos = tuple(technique.proto for technique in asked)
    gather = _gatherer(given, raw, scout, progress.message)
    if scope is not None:
        gather = gathered_within(gather, scope, progress.message)
    if past is not None:
        target = aim_of(past.asked)
    else:
        target = aim(given, services, resolver(given.dns_servers), progress.message, protos, gather)
    if scope is not None:
        target = within(target, given, scope, progress.message)
        check_aim(target, past, given.scope)
        pace = capped(pace, given, scope, progress.message)
    seed = _seed(given, past)
    how = manner(given, asked, target.hosts, seed, target.interface)
    found = (
        None if given.only_list else discovery(given, target.hosts, services, raw, scope, progress.message)
    )
    config = _config(given, arguments, target, how, pace, seed, found, scope)
    config = _looking_closer(config, given, how, services, raw)
    check_explained(given, config)
    if given.dry_run:
        from periplus.cli.planning import show_plan

        return show_plan(given, config, target, requests, held, scout, progress.message)
    if given.only_list:
        listed_public(given, target, services, progress.message)
    check_public(given, config, progress.message)
    writers = open_writers(requests, _options(given, services), progress.message, kept=kept)
    for line in (why, how.note):
        if line:
            progress.message(line)
    try:
        if given.only_list:
            return _list(config, target, writers)
        with _typing(given) as keyboard:
            clock, recess = _clocks(config, progress, keyboard)
            began = past.asked.started if past else clock.epoch_s(clock.now_us())
            keeper = keeper_for(given, config, target, raw, began, writers, past, progress.message)
            run = _run_row(config, target, began)
            return _run(config, run, writers, keeper, progress, services, scout, clock, recess, keyboard)
    finally:
        progress.close()
        writers.close()


def _options(given: argparse.Namespace, services: Services) -> Options:
    return Options(
        services,
        given.open_only,
        given.reason,
        given.all_states,
        given.verbose,
        given.show_tarpits,
        explained(given),
        given.explain_all,
    )


def _seed(given: argparse.Namespace, past: "Past | None") -> int:
    if past is not None:
        return past.asked.seed
    return secrets.randbits(SEED_BITS) if given.seed is None else int(given.seed)


def _gatherer(
    given: argparse.Namespace, raw: bool, scout: Scout | None, tell: Callable[[str], None]
) -> Gather:
    """Return what finds the hosts of links; nothing of it is loaded before it is asked."""
    made: list[Gather] = []

    def gather(text: str, interface: str | None, inside: tuple[int, int] | None) -> list[int]:
        from periplus.scan.rollcall import RollCalls

        if not raw:
            raise CannotScan(
                f"target {quoted(text)}: its hosts are found by raw packets, and this process may not send them: run "
                "it as root or give it CAP_NET_RAW"
            )
        if given.hours is not None:
            from periplus.scan.recess import PausingClock, Recess

            Recess(given.hours, PausingClock(Clock()), tell=tell).wait()
        if not made:
            made.append(RollCalls(scout, given.source, secrets.randbits(KEY_BITS), Clock().now_us, tell))
        return made[0](text, interface, inside)

    return gather


def _config(
    given: argparse.Namespace,
    arguments: Sequence[str],
    target: Aim,
    how: Manner,
    pace: Timing,
    seed: int,
    found: Discovery | None,
    scope: "Scope | None",
) -> ScanConfig:
    return ScanConfig(
        works=tuple(work(technique, target, given) for technique in how.techniques),
        timing=pace,
        seed=seed,
        discovery=found,
        arguments=tuple(arguments),
        names=target.names,
        assume_up=given.assume_up,
        reverse=given.reverse,
        dns_servers=given.dns_servers,
        traceroute=given.traceroute,
        tell_down=not given.stateless
        and (bool(given.verbose or given.all_states or given.out_ndjson) or target.hosts.size == 1),
        tell_silent=_tells_all(given, target.hosts.size),
        shape=how.shape,
        via=how.via,
        source_port=how.source_port,
        socket_ttl=how.socket_ttl,
        transport=how.transport,
        scope=scope,
        hours=given.hours,
        shard=given.shard,
    )


def _looking_closer(
    config: ScanConfig, given: argparse.Namespace, how: Manner, services: Services, raw: bool
) -> ScanConfig:
    """Add what is asked of the hosts and ports that were found."""
    return replace(
        config,
        tarpits=_tarpits(given, how, services),
        identify=identification(given, how.techniques),
        fingerprint=fingerprinting(given, how.techniques, excluded_ports(given, services), raw),
    )


def _tells_all(given: argparse.Namespace, hosts: int) -> bool:
    """Whether hosts that said nothing are told one by one; of many that would be all that the report says."""
    if given.stateless:
        return False
    return hosts <= MOST_SILENT or bool(given.verbose or given.all_states)


def _tarpits(given: argparse.Namespace, how: Manner, services: Services) -> Tarpits | None:
    """How hosts are recognised that accept everything: only where ports are found open by a handshake."""
    if not any(technique.opens_by_handshake for technique in how.techniques):
        return None
    return Tarpits(tuple(read_ranking(ranking_text())), excluded_ports(given, services), given.show_tarpits)


def _list(config: ScanConfig, target: Aim, writers: Writers) -> int:
    """Name the targets and send nothing to them."""
    clock = Clock()
    began = clock.epoch_s(clock.now_us())
    writers.begin(_run_row(config, target, began))
    naming = Naming(None if config.reverse is None else config.reverse, ReverseNames(config.dns_servers))
    course = None if config.shard == WHOLE else Course(target.hosts, config.seed, config.shard)
    for count, report in enumerate(listed(target.hosts, config.names, began, course), 1):
        naming.ask(report)
        if not count % LISTED_AT_ONCE:
            writers.hosts(list(naming.named(wait=False)))
    writers.hosts(list(naming.named(wait=True)))
    naming.close()
    ended = clock.epoch_s(clock.now_us())
    size = course.size if course else target.hosts.size
    writers.end(SummaryRow(0, size, 0, 0, 0.0, 0.0, ended - began, 0.0, ended))
    return FAILED if writers.failed else FINISHED


def _run_row(config: ScanConfig, target: Aim, began: float) -> RunRow:
    return RunRow(
        version=__version__,
        arguments=("scan", *config.arguments),
        seed=config.seed,
        started=began,
        scans=tuple(
            ScanRow(work.technique.name, work.technique.proto, work.space.ports) for work in config.works
        ),
        targets=target.hosts.size,
        contact=config.scope.contact if config.scope else None,
        shard=None if config.shard == WHOLE else str(config.shard),
    )


def _run(
    config: ScanConfig,
    run: RunRow,
    writers: Writers,
    keeper: Keeper,
    progress: Progress,
    services: Services,
    scout: Scout | None,
    clock: Clock,
    recess: "Recess | None",
    keyboard: "Keyboard | None",
) -> int:
    show = _Show(writers, progress)
    with _stopping(keyboard) as stop:
        controls = _controls(keyboard, recess, config, show, stop, progress)

        def asked() -> bool:
            if controls is not None:
                controls.look()
            return stop()

        if recess is not None:
            recess.wait(asked)
        with _opened(config, clock, progress, scout, recess) as links:
            writers.begin(run)
            keeper.begin(run.started)
            naming = Naming(config.reverse, ReverseNames(config.dns_servers), Vendors(progress.detail))
            loop = Loop(
                config,
                links,
                show,
                clock,
                services.names,
                naming,
                lambda: asked() or writers.exhausted or over(config.scope) is not None,
                recess=recess,
                journal=keeper.journal,
            )
            if controls is not None:
                controls.run = loop
            summary = loop.run()
            naming.close()
    if summary.exit == "interrupted" and not stop.asked:
        summary = replace(summary, message=over(config.scope))
    summary = keeper.total(summary)
    progress.close()
    writers.end(summary)
    keeper.end(summary)
    nobody = summary.hosts > 0 and not summary.hosts_up
    if nobody and summary.exit == "success" and config.works and not config.assume_up:
        progress.message("No host answered; -Pn reports hosts that drop everything as up")
    silent = summary.hosts - summary.hosts_up
    if silent and summary.exit == "success" and config.assume_up and not config.tell_silent:
        more = "" if config.timing.max_tries == 1 else "; -v tells of each"
        progress.message(
            f"{plural(silent, 'host', 'hosts')} said nothing: counted, and not told one by one{more}"
        )
    return _status(summary, writers, progress, stop.asked)


@contextmanager
def _typing(given: argparse.Namespace) -> "Iterator[Keyboard | None]":
    """The keyboard, where standard input is a terminal and nothing else was read from it."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield None
        return
    from periplus.cli.controls import terminal

    keyboard = terminal(sys.stdin, [*given.lists, *given.exclude_files])
    try:
        yield keyboard
    finally:
        if keyboard is not None:
            keyboard.close()
            keyboard.release_signals()


def _controls(
    keyboard: "Keyboard | None",
    recess: "Recess | None",
    config: ScanConfig,
    show: _Show,
    stop: _Stop,
    progress: Progress,
) -> "Controls | None":
    if keyboard is None or recess is None:
        return None
    from periplus.cli.controls import Controls

    return Controls(
        keyboard,
        recess,
        config.timing.max_rate,
        present_pps=lambda: show.rate_pps,
        status=show.status,
        quit_run=stop.quit,
        tell=progress.message,
    )


def _clocks(
    config: ScanConfig, progress: Progress, keyboard: "Keyboard | None"
) -> "tuple[Clock, Recess | None]":
    """The clock of the run, and what stops it outside the hours or at a key."""
    if config.hours is None and keyboard is None:
        return Clock(), None
    from periplus.scan.recess import PausingClock, Recess

    clock = PausingClock(Clock())
    return clock, Recess(config.hours, clock, tell=progress.message)


def _status(summary: SummaryRow, writers: Writers, progress: Progress, asked: bool) -> int:
    if summary.message:
        progress.message(f"periplus: {summary.message}")
    if summary.kernel_drops:
        progress.message(f"{summary.kernel_drops} answers were lost in this machine's receive buffer")
    if summary.exit == "interrupted" and asked:
        return INTERRUPTED
    return FAILED if summary.exit != "success" or writers.failed else FINISHED


@contextmanager
def _opened(
    config: ScanConfig, clock: Clock, progress: Progress, scout: Scout | None, recess: "Recess | None"
) -> Iterator[Links]:
    generator = random.Random(config.seed)
    links = open_links(
        config, clock, generator.randrange, progress.message, scout, progress.detail, recess=recess
    )
    try:
        yield links
    finally:
        links.close()


@contextmanager
def _stopping(keyboard: "Keyboard | None" = None) -> Iterator[_Stop]:
    stop = _Stop(keyboard)
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop.ask) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
