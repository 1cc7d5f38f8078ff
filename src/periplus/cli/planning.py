"""``--dry-run``: what a run would send, told before the packets.

A dry run resolves the names of targets and asks this machine's own routing tables, and nothing leaves: no packet to
a host, no question on the link, no reverse name. It opens no output file either, so that ``--dry-run`` can be put
behind any command line and no older result is lost; only standard output is written, as text or, with ``-oJ -``, as
one JSON object (docs/ndjson.md). It plans the run that was asked for, also where this process may not send it.
"""

import argparse
import json
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from periplus import __version__
from periplus.cli.aim import Aim
from periplus.cli.caution import check_public
from periplus.cli.main import FINISHED, say
from periplus.cli.progress import duration
from periplus.engine.timing import Timing
from periplus.errors import UsageError
from periplus.result.ndjson import CONTRACT
from periplus.result.text import faithful, port_list
from periplus.result.writer import Format
from periplus.scan.config import ScanConfig
from periplus.scan.firsthop import FEW, INTERVAL_US, gateways
from periplus.scan.open import tell_problems
from periplus.scan.plan import Figures, Pace, Plan, Reach, Stage, assumed_reaches, plan_of, reaches_of
from periplus.space.ranges import AddressSpace
from periplus.transport.scout import Scout
from periplus.wire.lane import Lane, Link

__all__ = ["show_plan"]

STDOUT = "-"
SECOND_US = 1_000_000
DAYS_FROM_S = 2 * 24 * 3600
CAPABILITY = "CAP_NET_RAW"
HEADINGS = ("STAGE", "TARGETS", "EACH", "PROBES", "PACKETS", "BYTES")
Tell = Callable[[str], None]
_CEILINGS = {
    "scope": "the scope's max_rate",
    "delay": "the delay between probes to a host",
    "traceroute": "the pace of traceroute",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """A plan and what else is said of it. `held`: this process may send raw packets."""

    config: ScanConfig
    target: Aim
    plan: Plan
    held: bool
    notes: tuple[str, ...]

    @property
    def needs_raw(self) -> bool:
        """Whether any packet is of our own making."""
        config = self.config
        menu = config.discovery.menu.techniques if config.discovery else ()
        techniques = [*menu, *(work.technique for work in config.works)]
        if config.traceroute or config.fingerprint is not None:
            return True
        return any(technique.needs_raw for technique in techniques)


def show_plan(
    given: argparse.Namespace,
    config: ScanConfig,
    target: Aim,
    requests: Sequence[tuple[Format, str]],
    held: bool,
    scout: Scout | None,
    tell: Tell,
) -> int:
    """Print what the run would send; return the exit status."""
    as_json = _checked(requests, given.bases, tell)
    notes: list[str] = []
    check_public(given, config, notes.append)
    if config.scope is not None and (closed := config.scope.closed(time.time())) is not None:
        notes.append(f"scope {config.scope.file}: {closed}; a run would not begin now")
    if config.hours is not None and not config.hours.hold(time.time()):
        notes.append(f"--hours {config.hours}: a run would wait until {config.hours.begin}")
    reaches, routers, asked = _reaches(config, scout, tell)
    told = _Told(config, target, plan_of(config, reaches, routers), held, tuple(notes))
    told = replace(told, notes=(*notes, *_besides(told, asked)))
    say(_line(told) if as_json else "\n".join(_text(told)))
    return FINISHED


def _checked(requests: Sequence[tuple[Format, str]], bases: Sequence[str], tell: Tell) -> bool:
    """Whether standard output gets JSON; what cannot hold a plan is refused there, and files stay as they are."""
    for each, file in requests:
        if file == STDOUT and each.name != "ndjson":
            raise UsageError(f"{each.flag} -: --dry-run has no such form; use -oJ -, or leave it out")
    files = [file for _, file in requests if file != STDOUT]
    if files or bases:
        tell(f"--dry-run writes standard output alone: {', '.join(files)} not written")
    return any(file == STDOUT for _, file in requests)


def _besides(told: _Told, asked: int) -> Iterable[str]:
    """What else is sent, and depends on how long the scan takes or what it finds; `asked`: gateways."""
    config, plan = told.config, told.plan
    if asked and told.needs_raw and sum(space.size for space in config.spaces) >= FEW:
        each = SECOND_US // INTERVAL_US
        most = asked * ceil(plan.pace.slow_s * each)
        yield (
            f"while probes leave {_counted(asked, 'gateway is', 'gateways are')} asked in between, at most {each} "
            f"times a second each: {most:,} questions more at most, if no port answers"
        )
    if config.identify is not None:
        yield "ports that are found open are asked who answers there, by connections that are not counted above"


def _reaches(config: ScanConfig, scout: Scout | None, tell: Tell) -> tuple[list[Reach], list[Lane], int]:
    """How the targets are reached, the lane to each router whose hardware address the system does not know, and how
    many gateways are asked how they are."""
    if not hasattr(socket, "AF_NETLINK"):
        return assumed_reaches(), [], 0
    from periplus.transport.routes import Routes

    targets = AddressSpace.union(block.addresses for space in config.spaces for block in space.blocks)
    with scout or Routes() as routes:
        if config.via:
            routes.use(config.via, config.families)
        paths = routes.paths(targets.ranges())
        tell_problems(paths, tell)
        routers = {(p.gateway, p.lane) for p in paths if p.lane is not None and p.gateway is not None}
        unknown = [
            lane
            for router, lane in routers
            if lane.link is Link.ETHERNET and router not in routes.neighbours(lane.ifindex)
        ]
    return reaches_of(paths), unknown, len(gateways(paths))


# as text


def _text(told: _Told) -> Iterable[str]:
    plan, timing = told.plan, told.config.timing
    left_out = f", {plan.left_out:,} of them left out: no way to them" if plan.left_out else ""
    yield f"Plan of a scan of {_counted(plan.targets, 'address', 'addresses')}{left_out}. Nothing was sent."
    yield ""
    total = replace(Stage("", "Every question once"), first=plan.first)
    yield from _table([HEADINGS, *(_row(stage) for stage in plan.stages), _row(total)])
    yield ""
    yield from _table([("SO MUCH IS SENT", *HEADINGS[3:]), *_cases(plan, timing.min_tries, timing.max_tries)])
    yield ""
    yield f"Time: {_time(plan.pace, timing)}"
    if any(each.technique.rations_closed for each in told.config.works) and not timing.defeat_rations:
        yield "      closed UDP ports take longer: hosts ration the errors that tell of them"
    if (network := plan.busiest) is not None:
        a_second = f"{network.per_second:,.{0 if network.per_second >= 1 else 3}f}"
        yield (
            f"Busiest network: {network.text} gets {network.first:,} packets, at most {network.most:,}; {a_second} a "
            "second at the higher rate, as hosts are asked in random order"
        )
    yield f"Privileges: {_privileges(told)}"
    yield from (f"Note: {note}" for note in told.notes)


def _cases(plan: Plan, least: int, most: int) -> Iterable[tuple[str, ...]]:
    yield ("if every host is up and every port answers", *_figures(plan.first))
    yield (f"if every host is up and no port answers ({least} tries)", *_figures(plan.silent))
    if plan.none_up is not None:
        yield ("if no host is up: no ports are asked", *_figures(plan.none_up))
    yield (f"at most ({most} tries of everything)", *_figures(plan.most))


def _row(stage: Stage) -> tuple[str, ...]:
    return (
        stage.title,
        f"{stage.hosts:,}" if stage.hosts else "",
        f"{stage.each:,}" if stage.each else "",
        *_figures(stage.first),
    )


def _figures(some: Figures) -> tuple[str, str, str]:
    return f"{some.probes:,}", f"{some.packets:,}", f"{some.octets:,}"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0])] + [
            each.rjust(width) for each, width in zip(others, widths[1:], strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _time(pace: Pace, timing: Timing) -> str:
    quick = f"{_long(pace.quick_s)} at {pace.quick_pps:,.0f} probes a second"
    slow = f"{_long(pace.slow_s)} at {pace.slow_pps:,.0f} if no port does"
    if pace.ceiling is None:
        return f"{quick} if every port answers and the network carries that (assumed), {slow}"
    rates = {
        "--max-rate": timing.max_rate,
        "--max-host-rate": timing.max_host_rate,
        "--max-net-rate": timing.max_net_rate,
    }
    held = _CEILINGS | {option: f"{option} {rate:g}" for option, rate in rates.items()}
    return f"{quick} ({held[pace.ceiling]}) if every port answers, {slow}"


def _long(seconds: float) -> str:
    return f"{seconds / 86_400:,.0f} days" if seconds > DAYS_FROM_S else duration(seconds)


def _privileges(told: _Told) -> str:
    if not told.needs_raw:
        return "none"
    return f"{CAPABILITY}, which this process {'has' if told.held else 'does not have'}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


# as JSON


def _line(told: _Told) -> str:
    config, plan = told.config, told.plan
    row: dict[str, Any] = {
        "type": "plan",
        "contract": CONTRACT,
        "version": __version__,
        "arguments": ["scan", *(faithful(each) for each in config.arguments)],
        "scans": [
            {
                "technique": work.technique.name,
                "proto": work.technique.proto,
                "ports": port_list(told.target.ports[work.technique.proto]),
            }
            for work in config.works
        ],
        "targets": plan.targets,
        "left_out": plan.left_out,
        "stages": [_stage(stage) for stage in plan.stages],
        "first": _json(plan.first),
        "silent": _json(plan.silent),
        "most": _json(plan.most),
        "time": {
            "quick_s": round(plan.pace.quick_s, 3),
            "quick_rate": round(plan.pace.quick_pps, 1),
            "slow_s": round(plan.pace.slow_s, 3),
            "slow_rate": round(plan.pace.slow_pps, 1),
            "ceiling": plan.pace.ceiling or "assumed",
        },
        "privileges": {"needed": [CAPABILITY] if told.needs_raw else [], "raw_allowed": told.held},
        "notes": [faithful(note) for note in told.notes],
    }
    if plan.none_up is not None:
        row["none_up"] = _json(plan.none_up)
    if (network := plan.busiest) is not None:
        row["busiest"] = {
            "network": network.text,
            "packets": network.first,
            "most_packets": network.most,
            "packets_per_second": round(network.per_second, 1),
        }
    return json.dumps(row, separators=(",", ":"), allow_nan=False)


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "stage": stage.name,
        "targets": stage.hosts,
        "each": stage.each,
        "first": _json(stage.first),
        "silent": _json(stage.silent),
        "most": _json(stage.most),
    }


def _json(some: Figures) -> dict[str, int]:
    return {"probes": some.probes, "packets": some.packets, "bytes": some.octets}
