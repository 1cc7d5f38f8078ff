"""The options of ``periplus scan``: Nmap's names where Nmap has the thing, and what follows from them."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from periplus.cli.discovering import add_discovery
from periplus.cli.hours import open_hours
from periplus.cli.identifying import add_identification
from periplus.cli.name_servers import name_servers
from periplus.cli.parser import Parser
from periplus.cli.quantity import count, duration_us, positive, rate, rate_or_auto, some_time_us
from periplus.cli.shaping import add_shaping
from periplus.engine.timing import TEMPLATES, Timing
from periplus.errors import UsageError
from periplus.result.formats import base_requests, formats
from periplus.result.writer import Format
from periplus.space.course import WHOLE, Shard, parse_shard
from periplus.space.quote import quoted
from periplus.space.services import PROTOCOLS
from periplus.technique.catalogue import techniques
from periplus.wire.cookie import PORT_SHIFTS

__all__ = ["add_formats", "least_rate", "output_requests", "parser", "read", "timing"]

OWNED = "For networks you own or may test."
IDENTIFY = f"""\
Find out who answers at these ports: scan -sV -Pn. With -sU they are ports of
UDP; of a TARGET without a port the usual ones are asked, or those of -p.
{OWNED}"""
COMMANDS = {  # that are scans: how they are called, and what they do
    "scan": ("[OPTIONS] TARGET ...", f"Find the open ports of hosts. {OWNED}"),
    "ping": ("[OPTIONS] TARGET ...", f"Find out which hosts are up: scan -sn --reason. {OWNED}"),
    "identify": ("[OPTIONS] HOST:PORT ...", IDENTIFY),
}
TARGETS = """\
TARGET: 198.18.0.7  198.18.0.0/24  198.18.0,1.1-9  198.18.0.5-198.18.0.20
        2001:db8::7  2001:db8::/120  host.example  host.example/28
        host.example:8443  [2001:db8::7]:22  fe80::7%eth0
        ff02::1%eth0 or an IPv6 /64 of a link of ours: all hosts that answer"""
NAMES_OF_TEMPLATES = ("paranoid", "sneaky", "polite", "normal", "aggressive", "insane")


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, and the target words as `targets`. UsageError: one line that names what is wrong."""
    given, words = parser().read(arguments)
    given.targets = words
    return given


def parser(command: str = "scan") -> Parser:
    """Return the parser of a command that is a scan."""
    made = Parser(command, *COMMANDS[command])
    _add_targets(made)
    add_discovery(made)
    _add_ports(made)
    _add_techniques(made)
    add_identification(made)
    add_shaping(made)
    _add_timing(made)
    _add_care(made)
    _add_parts(made)
    _add_output(made)
    return made


def shard(text: str) -> Shard:
    """Read ``2/8``."""
    try:
        return parse_shard(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def template(text: str) -> int:
    """Read the number or the name of a timing template."""
    if text.lower() in NAMES_OF_TEMPLATES:
        return NAMES_OF_TEMPLATES.index(text.lower())
    if text not in {str(level) for level in range(len(TEMPLATES))}:
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is neither a number from 0 to 5 nor a name from paranoid to insane"
        )
    return int(text)


def _add_targets(made: Parser) -> None:
    group = made.add_argument_group("what to scan", TARGETS)
    group.add_argument(
        "-iL",
        dest="lists",
        action="append",
        default=[],
        metavar="FILE",
        help="read targets from a file; - is stdin",
    )
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="TARGET[,...]",
        help="never probe these; names resolve too",
    )
    group.add_argument(
        "--exclude-file",
        "--excludefile",
        dest="exclude_files",
        action="append",
        default=[],
        metavar="FILE",
        help="never probe what this file lists",
    )
    group.add_argument(
        "--scope",
        metavar="FILE",
        help="send nothing that this file does not allow; see periplus scope",
    )
    group.add_argument(
        "--resolve-all", action="store_true", help="scan all addresses of a name, not only the first"
    )
    family = group.add_mutually_exclusive_group()
    family.add_argument(
        "-4", dest="family", action="store_const", const=4, help="of names only IPv4 addresses"
    )
    family.add_argument(
        "-6", dest="family", action="store_const", const=6, help="of names only IPv6 addresses"
    )
    group.add_argument(
        "--traceroute", action="store_true", help="find the way to each host that is up; needs raw packets"
    )
    reverse = group.add_mutually_exclusive_group()
    reverse.add_argument("-n", dest="reverse", action="store_const", const=False, help="no reverse names")
    reverse.add_argument(
        "-R", dest="reverse", action="store_const", const=True, help="reverse names of all hosts, also down"
    )
    group.add_argument(
        "--dns-servers",
        type=name_servers,
        metavar="ADDR[,...]",
        help="ask these for names, not the system's; also ADDR:PORT",
    )


def _add_care(made: Parser) -> None:
    group = made.add_argument_group("before anything is sent")
    group.add_argument(
        "--dry-run", action="store_true", help="say what would be sent, how long it takes, and send nothing"
    )
    group.add_argument(
        "--yes", action="store_true", help="more than 2^24 probes to public addresses are meant so"
    )
    group.add_argument(
        "--hours",
        type=open_hours,
        metavar="FROM-TO[@ZONE]",
        help="send only then, as 22:00-06:00@Europe/Berlin, and pause else (ZONE: this machine's)",
    )


def _add_ports(made: Parser) -> None:
    group = made.add_argument_group("ports (default: the 1,000 most common TCP ports)")
    chosen = group.add_mutually_exclusive_group()
    chosen.add_argument(
        "-p",
        dest="ports",
        action="append",
        metavar="PORTS",
        help="22,80,1-1024 or - (all) or http* or [1-1024]",
    )
    chosen.add_argument("-F", dest="top", action="store_const", const=100, help="the 100 most common")
    chosen.add_argument("--top-ports", dest="top", type=positive, metavar="N", help="the N most common")
    group.add_argument(
        "--exclude-ports", action="append", default=[], metavar="PORTS", help="never probe these ports"
    )


def _add_techniques(made: Parser) -> None:
    group = made.add_argument_group(
        "techniques, one of TCP, UDP and SCTP each\n(default: syn with the privilege for raw packets, else connect)"
    )
    chosen = {proto: group.add_mutually_exclusive_group() for proto in (*PROTOCOLS, "ip")}
    for technique in techniques():
        if technique.proto in chosen:
            chosen[technique.proto].add_argument(
                technique.flag,
                dest=f"technique_{technique.proto}",
                action="store_const",
                const=technique.name,
                help=technique.summary,
            )


def _add_timing(made: Parser) -> None:
    group = made.add_argument_group("timing (times: 500ms, 2s, 5m, 1h; a bare number is seconds)")
    group.add_argument(
        "-T",
        dest="template",
        type=template,
        default=NAMES_OF_TEMPLATES.index("normal"),
        metavar="0-5",
        help="from 0, paranoid, to 5, insane; default 3",
    )
    group.add_argument(
        "--rate",
        type=rate_or_auto,
        metavar="auto|N",
        help="auto: as fast as the path takes it without loss (default); N: exactly so many probes a second",
    )
    group.add_argument("--min-rate", type=rate, metavar="N", help="at least so many probes a second")
    group.add_argument("--max-rate", type=rate, metavar="N", help="at most so many packets a second")
    group.add_argument(
        "--max-host-rate", type=rate, metavar="N", help="at most so many packets a second to one host"
    )
    group.add_argument(
        "--max-net-rate",
        type=rate,
        metavar="N",
        help="at most so many packets a second to one /24, or IPv6 /64",
    )
    group.add_argument(
        "--stateless", action="store_true", help="ask once, as fast as it goes; silence is only counted"
    )
    group.add_argument(
        "--max-retries", type=count, metavar="N", help="at most so many retransmissions of a probe"
    )
    group.add_argument(
        "--host-timeout", type=duration_us, metavar="TIME", help="give a host up after this time"
    )
    group.add_argument(
        "--scan-delay", type=duration_us, metavar="TIME", help="between two probes to one host"
    )
    group.add_argument(
        "--defeat-icmp-ratelimit",
        dest="defeat_rations",
        action="store_true",
        help="UDP: do not wait for ICMP errors that hosts ration",
    )
    group.add_argument(
        "--initial-rtt-timeout", type=some_time_us, metavar="TIME", help="wait for a first answer"
    )
    group.add_argument("--min-rtt-timeout", type=some_time_us, metavar="TIME", help="wait at least so long")
    group.add_argument("--max-rtt-timeout", type=some_time_us, metavar="TIME", help="wait no longer")
    group.add_argument("--seed", type=count, metavar="N", help="repeat a run's order of probes")


def add_formats(made: Parser) -> argparse._ArgumentGroup:
    """Add what every command has that writes results; return the group."""
    group = made.add_argument_group("output (FILE may be - for standard output)")
    for each in formats():
        group.add_argument(
            each.flag,
            dest=f"out_{each.name}",
            action="append",
            default=[],
            metavar=each.metavar,
            help=each.help,
        )
    group.add_argument(
        "-oA",
        dest="bases",
        action="append",
        default=[],
        metavar="BASE",
        help="write BASE.nmap (-oN), BASE.xml (-oX) and BASE.gnmap (-oG)",
    )
    group.add_argument("--reason", action="store_true", help="show why, and the TTL of the answer")
    group.add_argument(
        "--show-tarpits",
        action="store_true",
        help="list the ports of hosts that accept every connection",
    )
    group.add_argument(
        "-v",
        dest="verbose",
        action="count",
        default=0,
        help="say more: ports as they are found; -vv: reasons",
    )
    return group


def _add_output(made: Parser) -> None:
    group = add_formats(made)
    group.add_argument("--open", dest="open_only", action="store_true", help="show only open ports")
    group.add_argument("--all-states", action="store_true", help="NDJSON and CSV: a row for every port")
    made.add_help_option(group)


def _add_parts(made: Parser) -> None:
    group = made.add_argument_group("long and large scans")
    group.add_argument(
        "--resume", metavar="FILE", help="keep FILE, and go on where it ends; then nothing else is needed"
    )
    group.add_argument(
        "--shard",
        type=shard,
        default=WHOLE,
        metavar="K/N",
        help="scan the Kth of N parts; wants --seed, see periplus merge",
    )


def output_requests(given: argparse.Namespace) -> list[tuple[Format, str]]:
    """Return the formats asked for with their targets."""
    if "-" in given.bases:
        raise UsageError(
            "-oA makes three files and needs the beginning of their names; for standard output use -oX -"
        )
    single = [(each, target) for each in formats() for target in getattr(given, f"out_{each.name}")]
    return single + [request for base in given.bases for request in base_requests(base)]


def timing(given: argparse.Namespace) -> Timing:
    """Return the timing that the options make: a template, and what overrides it."""
    option, least_pps = least_rate(given)
    made = _overridden(TEMPLATES[given.template], given, least_pps)
    if made.max_rate and made.max_rate < least_pps:
        raise UsageError(f"{option} {least_pps:g} is over --max-rate {given.max_rate:g}")
    if given.min_rtt_timeout is not None and made.min_rtt_us > made.max_rtt_us:
        raise UsageError("--min-rtt-timeout is over --max-rtt-timeout")
    return replace(
        made,
        min_rtt_us=min(made.min_rtt_us, made.max_rtt_us),
        initial_rtt_us=min(made.initial_rtt_us, made.max_rtt_us),
    )


def least_rate(given: argparse.Namespace) -> tuple[str, float]:
    """Return the option that asks for a least rate, and that rate; 0: there is none."""
    if given.rate is None:
        return "--min-rate", given.min_rate or 0.0
    for option, value in (("--min-rate", given.min_rate), ("--max-rate", given.max_rate)):
        if value is not None:
            raise UsageError(
                f"--rate {given.rate:g} is the least and the highest rate, and {option} {value:g} would be "
                "another: only one of them"
            )
    return "--rate", given.rate


def _overridden(made: Timing, given: argparse.Namespace, least_pps: float) -> Timing:
    fields = {
        "max_rate": given.rate or given.max_rate,
        "max_host_rate": given.max_host_rate,
        "max_net_rate": given.max_net_rate,
        "host_timeout_us": given.host_timeout,
        "scan_delay_us": given.scan_delay,
        "initial_rtt_us": given.initial_rtt_timeout,
        "min_rtt_us": given.min_rtt_timeout,
        "max_rtt_us": given.max_rtt_timeout,
    }
    made = replace(made, **{name: value for name, value in fields.items() if value is not None})
    made = replace(made, defeat_rations=given.defeat_rations)
    if least_pps:
        made = replace(made, floor_rate=least_pps, floor_is_fixed=True, parallelism=0)
    if given.stateless and given.max_retries:
        raise UsageError(
            f"--stateless asks nothing again, and --max-retries {given.max_retries} would: only one of them"
        )
    if given.max_retries is not None:
        if given.max_retries >= PORT_SHIFTS:
            raise UsageError(f"--max-retries {given.max_retries}: at most {PORT_SHIFTS - 1}")
        made = made.limited(given.max_retries)
    return made.once() if given.stateless else made
