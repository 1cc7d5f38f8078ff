"""``periplus scope``: what a scope's file allows, in words, and whether it allows this or that.

Statuses are for scripts: 0 allowed, 1 not allowed (for `check`: it has expired, or its hours do not hold now), 2 the
file or the question is wrong. Nothing is sent.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path

from periplus.cli.main import FAILED, FINISHED, say
from periplus.cli.parser import Parser
from periplus.cli.scoping import read_scope
from periplus.data import services_text
from periplus.errors import UsageError
from periplus.result.text import port_list, printable
from periplus.space.quote import quoted
from periplus.space.scope import Entry, Scope
from periplus.space.services import PROTOCOLS, Services
from periplus.space.targets import Target, parse_target

__all__ = ["HELP", "main"]

HELP = "check a file for scan --scope, or explain what it allows"
USAGE = "check FILE | explain FILE ADDRESS[:PORT] ..."
DETAILS = """
check: whether the file is right, and what it says; status 1 when it has
expired or its hours do not hold now.
explain: whether each address, or port of it, may be scanned, and by which
line of the file; status 1 when one may not."""
DAY_S = 86_400


def main(arguments: Sequence[str]) -> int:
    """Check or explain, and return the exit status."""
    parser = Parser("scope", USAGE, f"{HELP.capitalize()}.{DETAILS}")
    parser.add_help_option(parser.add_argument_group("options"))
    _, words = parser.read(arguments)
    match words:
        case ["check", file]:
            return _check(file)
        case ["explain", file, first, *others]:
            return _explain(file, [first, *others])
        case _:
            raise UsageError(f"scope: {USAGE.replace(' | ', ' or ')} is wanted")


def _check(file: str) -> int:
    scope, now_s = read_scope(file, Services(services_text())), time.time()
    closed = scope.closed(now_s)
    rows = (
        ("name", scope.name),
        ("note", scope.note),
        ("networks", _listed(scope.networks)),
        ("excluded", _listed(scope.excluded)),
        ("addresses", f"{scope.space.size:,} may be scanned"),
        ("ports", _ports(scope)),
        ("hours", f"{scope.hours.text} ({scope.zone_name})" if scope.hours else "all day"),
        ("max_rate", f"{scope.max_rate:g} packets a second" if scope.max_rate else "no ceiling"),
        ("expires", _expiry(scope, now_s)),
        ("contact", scope.contact),
        ("now", f"nothing may be scanned: {closed}" if closed else "scans are allowed"),
    )
    told = [f"  {key:<10} {printable(text)}" for key, text in rows if text]
    say("\n".join([f"{printable(file)} is right", *told]))
    return FAILED if closed else FINISHED


def _listed(entries: Sequence[Entry]) -> str:
    return ", ".join(entry.text for entry in entries)


def _ports(scope: Scope) -> str:
    if scope.ports is None:
        return "all"
    listed = {proto: port_list(getattr(scope.ports, proto)) for proto in PROTOCOLS}
    return "; ".join(f"{proto.upper()} {ports or 'none'}" for proto, ports in listed.items())


def _expiry(scope: Scope, now_s: float) -> str:
    if scope.expires is None:
        return "never"
    left = int((scope.expires.timestamp() - now_s) // DAY_S)
    if left < 0:
        return f"{scope.expires_text}, which is over"
    return f"{scope.expires_text}, {left:,} {'day' if left == 1 else 'days'} left"


def _explain(file: str, words: list[str]) -> int:
    targets = [_single(word) for word in words]
    scope = read_scope(file, Services(services_text()))
    source = Path(file).read_text(encoding="utf-8").splitlines()
    good, lines = True, []
    for target in targets:
        allowed, why = _answer(scope, target, source)
        good &= allowed
        lines.append(f"{target.text}: {'allowed' if allowed else 'not allowed'}: {why}")
    if closed := scope.closed(time.time()):
        lines.append(f"now nothing may be scanned at all: {closed}")
    say("\n".join(map(printable, lines)))
    return FINISHED if good and not closed else FAILED


def _single(word: str) -> Target:
    target = parse_target(word)
    if not target.is_exact:
        raise UsageError(f"{quoted(word)}: one address is wanted, as in 198.18.0.7 or [2001:db8::7]:22")
    return target


def _answer(scope: Scope, target: Target, source: list[str]) -> tuple[bool, str]:
    """Whether it may be scanned, and the rules that say so."""
    address = target.spans[0][0]
    excluding, holding = _holding(scope.excluded, address), _holding(scope.networks, address)
    if excluding is not None:
        return False, f"{quoted(excluding.text)} in excluded{_line(source, 'excluded', excluding)}"
    if holding is None:
        return False, f"it lies outside networks{_line(source, 'networks')}"
    why = f"{quoted(holding.text)} in networks{_line(source, 'networks', holding)}"
    if target.port is None or scope.ports is None:
        return True, why + (", all ports" if scope.ports is None else "")
    good = [proto for proto in PROTOCOLS if target.port in getattr(scope.ports, proto)]
    if not good:
        return False, f"port {target.port} is not in ports{_line(source, 'ports')}"
    return True, f"{why}, port {target.port} over {', '.join(good)} in ports{_line(source, 'ports')}"


def _holding(entries: Sequence[Entry], address: int) -> Entry | None:
    return next((entry for entry in entries if address in entry.space), None)


def _line(source: list[str], key: str, entry: Entry | None = None) -> str:
    """Where in the file a key stands, or behind it an entry: `` (line 3)``; nothing if it is not to be found."""
    begins = re.compile(rf"\s*[\"']?{key}[\"']?\s*=")
    first = next((number for number, line in enumerate(source) if begins.match(line)), None)
    if first is None:
        return ""
    wanted = () if entry is None else (f'"{entry.text}"', f"'{entry.text}'")
    below = range(first, len(source))
    found = next((at for at in below if any(each in source[at] for each in wanted)), first)
    return f" (line {found + 1})"
