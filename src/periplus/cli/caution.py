"""A second look before a run: whether so much is meant (``--yes``), and what a dry run may plan with.

More than 2^24 probes to public addresses are rarely meant. Such a run ends before anything is sent unless ``--yes``
or a scope says that it is. A dry run plans what was asked for, also where this process may not send it.
"""

import argparse
from collections.abc import Callable
from contextlib import suppress

from periplus.cli.aim import Aim, chosen_ports
from periplus.cli.discovering import needs_packets
from periplus.errors import UsageError
from periplus.scan.config import ScanConfig
from periplus.space.services import PROTOCOLS, Services
from periplus.technique.catalogue import by_name

__all__ = ["check_public", "listed_public", "planned_raw"]

MOST = 1 << 24  # probes to public addresses that want no word
USUAL_PINGS = 4
Tell = Callable[[str], None]


def planned_raw(given: argparse.Namespace, raw: bool) -> bool:
    """Whether raw packets are planned with; `raw`: they are allowed."""
    if raw or not given.dry_run:
        return raw
    names = [getattr(given, f"technique_{proto}") for proto in (*PROTOCOLS, "ip")]
    asked = any(by_name(name).needs_raw for name in names if name is not None)
    return asked or given.traceroute or given.detect_os or needs_packets(given)


def check_public(given: argparse.Namespace, config: ScanConfig, tell: Tell) -> None:
    """UsageError: so much to public addresses wants a word. A dry run only tells so."""
    if given.yes or config.scope is not None or sum(space.size for space in config.spaces) <= MOST:
        return
    from periplus.space.public import public_probes

    probes, addresses = public_probes(config.spaces)
    if probes <= MOST:
        return
    line = _wanted(probes, addresses)
    if not given.dry_run:
        raise UsageError(f"{line}; nothing is sent")
    tell(line)


def listed_public(given: argparse.Namespace, target: Aim, services: Services, tell: Tell) -> None:
    """Tell of targets that are only listed whether scanning them would want a word."""
    if given.yes or given.scope is not None:
        return
    from periplus.space.public import PRIVATE

    ports = 0
    with suppress(UsageError):  # ports of other protocols alone
        ports = len(chosen_ports(given, services, lambda line: None, ("tcp",))["tcp"])
    public = (target.hosts - PRIVATE).size
    if public * (ports + USUAL_PINGS) > MOST:
        tell(_wanted(public * (ports + USUAL_PINGS), public))


def _wanted(probes: int, addresses: int) -> str:
    return (
        f"a scan sends {probes:,} probes to {addresses:,} public addresses, more than {MOST:,}: if you may, "
        "say --yes, or say what you may with --scope FILE"
    )
