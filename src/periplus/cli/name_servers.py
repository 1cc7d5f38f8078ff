"""The value of ``--dns-servers``: addresses of name servers, each with a port or without."""

import argparse

from periplus.errors import UsageError
from periplus.space.ip import format_ip
from periplus.space.quote import quoted
from periplus.space.targets import parse_target

__all__ = ["name_servers"]

DNS_PORT = 53
EXAMPLES = "write 198.18.0.53, 2001:db8::53, 198.18.0.53:5353 or [2001:db8::53]:5353"


def name_servers(text: str) -> tuple[tuple[str, int], ...]:
    """Read addresses with commas between them; return each with its port, and each once."""
    return tuple(dict.fromkeys(map(_server, text.split(","))))


def _server(word: str) -> tuple[str, int]:
    try:
        target = parse_target(word)
    except UsageError:
        target = None
    # Networks and ranges of one address are addresses to a scan, but nobody means a server by them.
    # A zone would be lost.
    if target is None or not target.is_exact or target.port == 0 or set(word) & set("/-%"):
        raise argparse.ArgumentTypeError(f"{quoted(word)} is no address of a name server; {EXAMPLES}")
    return format_ip(target.spans[0][0]), DNS_PORT if target.port is None else target.port
