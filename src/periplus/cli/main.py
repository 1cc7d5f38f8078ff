"""Where the program starts: picks the command and turns errors into exit statuses and single lines.

Nothing heavy is imported before the command is known: ``--version`` must cost what the interpreter costs. Exit
statuses: 0 finished, 1 could not do what was asked, 2 wrong usage, 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence

from periplus import __version__

__all__ = ["main", "run"]

FINISHED, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
HINT = 'see "periplus --help"'


def run() -> None:
    """Run the program with the process's arguments and exit."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit status. The user sees one line of an error, never a traceback."""
    from periplus.errors import PeriplusError, UsageError

    try:
        return _dispatch(arguments)
    except UsageError as error:
        return _complain(str(error), WRONG_USAGE)
    except PeriplusError as error:
        return _complain(str(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _dispatch(arguments: Sequence[str]) -> int:
    word = arguments[0] if arguments else "--help"
    if word in {"--version", "-V"}:
        print(f"periplus {__version__}")
        return FINISHED
    if word in {"--help", "-h", "help"}:
        from periplus.cli.overview import overview

        print(overview())
        return FINISHED if arguments else WRONG_USAGE
    return _command(word, arguments[1:])


def _command(word: str, rest: Sequence[str]) -> int:
    from importlib import import_module
    from importlib.util import find_spec

    from periplus.errors import UsageError

    name = f"periplus.cli.commands.{word.replace('-', '_')}"
    if not word.replace("-", "").isalpha() or find_spec(name) is None:
        raise UsageError(f"there is no command {word!r}; {HINT}")
    status: int = import_module(name).main(rest)
    return status


def _complain(text: str, status: int) -> int:
    print(f"periplus: {text}", file=sys.stderr)
    return status
