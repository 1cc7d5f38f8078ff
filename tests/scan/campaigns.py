"""Whole scans with several links: finding hosts, and several techniques on those that were found."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from tests.scan.runs import KEY, PATHS, QUICK, ROUTER4, Run, services
from tests.sim.frames import Error, Host, Wire
from tests.sim.tap import Board
from tests.wire.twins import number

from periplus.engine.engine import Limits
from periplus.engine.timing import Timing
from periplus.scan.config import Discovery, ScanConfig, Work
from periplus.scan.guard import Guard, GuardedFrames
from periplus.scan.journal import Journal
from periplus.scan.loop import Listener, Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.ack import TECHNIQUE as ACK
from periplus.technique.echo import TECHNIQUE as ECHO
from periplus.technique.mask import TECHNIQUE as MASK
from periplus.technique.model import Technique
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.timestamp import TECHNIQUE as TIMESTAMP
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.transport.neighbours import Resolver

FIRST_PORT = 50_000
DEFAULT = ((ECHO, 8), (SYN, 443), (ACK, 80), (TIMESTAMP, 13))
ONLY_4 = (TIMESTAMP, MASK)
REFUSED = Error(3, 3)


def finding(
    hosts: Iterable[str], questions: Iterable[tuple[Technique, int]] = DEFAULT, *, link_proof: bool = True
) -> Discovery:
    """Each host is asked these questions, as far as its family has them."""
    questions = list(questions)
    by_name = {technique.name: technique for technique, _ in questions}
    names = [*by_name]
    numbered = tuple((names.index(technique.name), port) for technique, port in questions)
    menu = Menu(tuple(by_name.values()), numbered)
    parts = []
    for text in hosts:
        numbers = [
            row for row, (technique, _) in enumerate(questions) if ":" not in text or technique not in ONLY_4
        ]
        parts.append((AddressSpace.of([(number(text),) * 2]), np.array(numbers, np.uint16)))
    return Discovery(menu, Space.of(parts), link_proof)


def config_of(
    works: tuple[Work, ...],
    discovery: Discovery | None,
    timing: Timing = QUICK,
    *,
    tell_down: bool = False,
) -> ScanConfig:
    """A scan; without discovery all hosts count as up."""
    return ScanConfig(
        works,
        timing,
        seed=7,
        discovery=discovery,
        assume_up=discovery is None,
        reverse=False,
        tell_down=tell_down,
    )


def campaign(
    wire: Wire,
    config: ScanConfig,
    *,
    limits: Limits | None = None,
    stopped: Callable[[Run], bool] = lambda run: False,
    limit_s: float = 3_600.0,
    journal: Journal | None = None,
    listener: Listener | None = None,
    guard: Guard | None = None,
) -> Run:
    """Scan to the end; AssertionError when that takes over `limit_s` of virtual time.

    A `listener` is told in the run's stead. A `guard` stands before every link.
    """
    run, board, resolver = Run(), Board(wire), Resolver()
    end_us = wire.now_us + int(limit_s * 1e6)

    def link(menu: Menu, space: Space, place: int, proof: bool | None) -> RawLink:
        ports = range(FIRST_PORT + 16 * place, FIRST_PORT + 16 * (place + 1))
        tap = board.tap(ports, tuple(t.probe.protocol for t in menu.techniques if t.probe))
        made = RawLink(
            space,
            menu,
            PATHS,
            tap if guard is None else GuardedFrames(tap, guard),
            ports,
            KEY + place,
            wire.clock.now_us,
            resolver,
            link_proof=bool(proof),
            link_tells=proof is not False,
        )
        made.limits = limits or made.limits
        return made

    def ended() -> bool:
        if wire.now_us > end_us:
            raise AssertionError("the scan does not end")
        return stopped(run)

    works = [
        link(Menu((work.technique,)), work.space, place, None) for place, work in enumerate(config.works)
    ]
    found = config.discovery
    finder = link(found.menu, found.space, len(works), found.link_proof) if found else None
    links = Links(tuple(works), finder, guard=guard)
    naming = Naming(reverse=False)
    told = listener or run
    loop = Loop(config, links, told, wire.clock, services, naming, ended, board.pause, journal=journal)
    run.summary = loop.run()
    links.close()
    assert all(tap.closed for tap in board.taps)
    return run


def syn(space: Space) -> Work:
    """SYNs to these."""
    return Work(SYN, space)


def udp(space: Space) -> Work:
    """Datagrams to these."""
    return Work(UDP, space)


def far(last: int) -> str:
    """A host behind the router."""
    return f"198.19.0.{last}"


def behind(host: Host) -> Host:
    """The same behind the router."""
    return replace(host, via=ROUTER4, mac=b"")
