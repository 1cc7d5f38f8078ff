"""``periplus ping``: find out which hosts are there, how that is known, how far they are and how quick."""

from collections.abc import Sequence

from periplus.cli.commands import scan

__all__ = ["HELP", "main"]

HELP = "find out which hosts are up"
MEANS = ("-sn", "--reason")


def main(arguments: Sequence[str]) -> int:
    """Do what ``periplus scan -sn --reason`` does, and return its status."""
    return scan.main([*MEANS, *arguments])
