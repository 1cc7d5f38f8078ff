"""``periplus identify``: who answers at these ports.

It is a scan of just them, whose open ports are asked; so all options of ``periplus scan`` hold here as well.
"""

from collections.abc import Sequence

from periplus.cli.commands import scan

__all__ = ["HELP", "main"]

HELP = "find out who answers at HOST:PORT"
MEANS = ("-sV", "-Pn")


def main(arguments: Sequence[str]) -> int:
    """Do what ``periplus scan -sV -Pn`` does, and return its status."""
    return scan.main([*MEANS, *arguments])
