"""Which techniques a command asks for, and each with the ports and payloads that it gets."""

import argparse
from dataclasses import replace

from periplus.cli.aim import IP, Aim, named_ports
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import Work
from periplus.space.services import PROTOCOLS
from periplus.technique.catalogue import by_name
from periplus.technique.model import Technique

__all__ = ["check_stateless", "check_traceroute", "techniques", "work"]

IP_ALONE = "protocol"
RAW_ALLOWED = "raw packets are allowed"
RAW_REFUSED = "no privilege for raw packets (CAP_NET_RAW), which -sS needs"


def work(technique: Technique, target: Aim, given: argparse.Namespace) -> Work:
    """A technique on its ports; UDP gets its payloads, and asks the ports that have one first."""
    space = target.spaces[technique.proto]
    if given.defeat_rations:
        technique = technique.unwaited if technique.rations_closed else technique
    if technique.proto != "udp":
        return Work(technique, space)
    from periplus.scan.payloads import udp_probe

    probe = udp_probe(named_ports(given.ports))
    return Work(replace(technique, probe=probe), space, frozenset(probe.payloads))


def techniques(given: argparse.Namespace, raw: bool) -> tuple[list[Technique], str]:
    """Return the techniques, and which it is and why when nobody asked for one; `raw`: raw packets are allowed."""
    asked = [name for proto in (*PROTOCOLS, IP) if (name := getattr(given, f"technique_{proto}")) is not None]
    if given.dry_run and given.only_list:
        raise UsageError("-sL lists targets, and --dry-run plans a scan: only one of them")
    if given.only_find or given.only_list:
        if asked:
            flag = "-sn" if given.only_find else "-sL"
            raise UsageError(f"{flag} scans no ports, and {by_name(asked[0]).flag} does: only one of them")
        return [], ""
    if IP_ALONE in asked and len(asked) > 1:
        raise UsageError("-sO asks for protocols, and -p means these then: scan ports apart")
    if not asked:
        technique = by_name("syn" if raw else "connect")
        return [technique], f"{technique.title}: {RAW_ALLOWED if raw else RAW_REFUSED}"
    chosen = [by_name(name) for name in asked]
    for technique in chosen:
        if technique.needs_raw and not raw:
            raise CannotScan(
                f"{technique.flag} sends raw packets, and this process may not: run it as root, give it "
                "CAP_NET_RAW, or use -sT"
            )
    return chosen, ""


def check_traceroute(given: argparse.Namespace, chosen: list[Technique], raw: bool) -> None:
    """Ordinary sockets do not show who sent an error."""
    if not given.traceroute:
        return
    if given.only_list:
        raise UsageError("-sL sends nothing, and --traceroute does: only one of them")
    asked = [getattr(given, f"technique_{proto}") for proto in PROTOCOLS]
    for technique in chosen:
        if not technique.needs_raw and technique.name in asked:
            raise UsageError(
                f"--traceroute needs raw packets, which {technique.flag} does not send; use -sS or leave it out"
            )
    if not raw:
        raise CannotScan(
            "--traceroute sends raw packets, and this process may not: run it as root or give it CAP_NET_RAW"
        )


def check_stateless(given: argparse.Namespace, chosen: list[Technique], raw: bool) -> None:
    """The system asks again by itself when it connects, and keeps a state for each connect."""
    if not given.stateless or given.only_list:
        return
    if not raw:
        raise CannotScan(
            "--stateless sends raw packets, and this process may not: run it as root or give it CAP_NET_RAW"
        )
    for technique in chosen:
        if not technique.needs_raw:
            raise UsageError(
                f"--stateless sends raw packets, and {technique.flag} sends none: only one of them"
            )
