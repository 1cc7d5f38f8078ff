"""``periplus ping``: find out which hosts are there, how that is known, how far they are and how quick."""

from collections.abc import Sequence

from periplus.cli.commands import scan
from periplus.cli.main import FINISHED

__all__ = ["HELP", "main"]

HELP = "find out which hosts are up"
MEANS = ("-sn", "--reason")


def main(arguments: Sequence[str]) -> int:
    """Do what ``periplus scan -sn --reason`` does, and return its status."""
    if {"-h", "--help"} & set(arguments):
        from periplus.cli.options import parser

        parser("ping").print_help()
        return FINISHED
    return scan.main([*MEANS, *arguments])
