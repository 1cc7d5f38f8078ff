"""``periplus identify``: who answers at these ports.

It is a scan of just them, whose open ports are asked; so all options of ``periplus scan`` hold here as well.
"""

from collections.abc import Sequence

from periplus.cli.commands import scan
from periplus.cli.main import FINISHED
from periplus.errors import UsageError

__all__ = ["HELP", "main"]

HELP = "find out who answers at HOST:PORT"
MEANS = ("-sV", "-Pn")


def main(arguments: Sequence[str]) -> int:
    """Do what ``periplus scan -sV -Pn`` does, and return its status."""
    if {"-h", "--help"} & set(arguments):
        from periplus.cli.options import parser

        parser("identify").print_help()
        return FINISHED
    if not arguments:
        raise UsageError(
            'identify: HOST:PORT is wanted, as in 198.18.0.7:8443; see "periplus identify --help"'
        )
    return scan.main([*MEANS, *arguments])
