"""Where the program starts: picks the command and turns errors into exit statuses and single lines.

Nothing heavy is imported before the command is known: ``--version`` must cost what the interpreter costs. Exit
statuses: 0 finished, 1 could not do what was asked, 2 wrong usage, 130 interrupted.

An error that is none of ours is a bug. It ends the process through `sys.excepthook`, so that no code of the program
ever catches what it does not know; the user gets one line, and the traceback when PERIPLUS_DEBUG is set.
"""

import os
import sys
import threading
from collections.abc import Sequence
from types import TracebackType

from periplus import __version__

__all__ = ["internal_error", "main", "run", "say", "stand_in"]

FINISHED, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
HINT = 'see "periplus --help"'
DEBUG = "PERIPLUS_DEBUG"
LAST_STANDARD_FD = 2


def run() -> None:
    """Run the program with the process's arguments and exit.

    Everything is closed by then, so the process ends without taking the interpreter down object by object, which
    would take as long as a small scan.
    """
    sys.excepthook = internal_error
    threading.excepthook = lambda hook: internal_error(hook.exc_type, hook.exc_value, hook.exc_traceback)
    stand_in()
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit status. The user sees one line of an error, never a traceback."""
    from periplus.errors import PeriplusError, UsageError

    try:
        return _dispatch(arguments)
    except UsageError as error:
        return _complain(str(error), WRONG_USAGE)
    except PeriplusError as error:
        return _complain(str(error), FAILED)
    except SystemExit as ended:  # argparse's way to end after --help
        return ended.code if isinstance(ended.code, int) else FINISHED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone, as `head` does: nobody is there to be told
        return FAILED


def say(text: str) -> None:
    """Print what the user asked to read, at once. CannotScan when standard output takes no more."""
    from periplus.errors import CannotScan

    try:
        print(text, flush=True)
    except OSError as error:
        # What is still buffered goes nowhere, or the interpreter complains about it at its very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise CannotScan(f"cannot write standard output: {error.strerror}") from error


def _dispatch(arguments: Sequence[str]) -> int:
    word = arguments[0] if arguments else "--help"
    if word in {"--version", "-V"}:
        say(f"periplus {__version__}")
        return FINISHED
    if word == "help" and len(arguments) > 1:
        return _command(arguments[1], ["--help"])
    if word in {"--help", "-h", "help"}:
        from periplus.cli.overview import overview

        say(overview())
        return FINISHED if arguments else WRONG_USAGE
    return _command(word, arguments[1:])


def _command(word: str, rest: Sequence[str]) -> int:
    from importlib import import_module
    from importlib.util import find_spec

    from periplus.errors import UsageError
    from periplus.space.quote import quoted

    if not word.replace("-", "").isalpha() or word.startswith("-"):
        raise UsageError(f'{quoted(word)} is no command; begin with one, as in "periplus scan TARGET"')
    name = f"periplus.cli.commands.{word.replace('-', '_')}"
    if find_spec(name) is None:
        raise UsageError(f"there is no command {quoted(word)}; {HINT}")
    status: int = import_module(name).main(rest)
    return status


def _complain(text: str, status: int) -> int:
    print(f"periplus: {_one_line(text)}", file=sys.stderr)
    return status


def _one_line(text: str) -> str:
    """`text` with line breaks and whatever else a terminal might obey shown as escapes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def internal_error(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """Tell of a bug in one line; a hook for `sys.excepthook`."""
    if issubclass(kind, KeyboardInterrupt):
        return
    if os.environ.get(DEBUG):
        sys.__excepthook__(kind, error or kind(), trace)
        return
    from pathlib import Path

    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
    what = f"{kind.__name__}: {error}" if str(error) else kind.__name__
    _complain(f"internal error: {what}{where}; set {DEBUG}=1 to see the traceback", FAILED)


def stand_in() -> None:
    """Put /dev/null in the place of closed standard streams, or the next file or socket would get their numbers."""
    if sys.stdin and sys.stdout and sys.stderr:
        return
    while (fd := os.open(os.devnull, os.O_RDWR)) <= LAST_STANDARD_FD:
        os.set_inheritable(fd, True)
    os.close(fd)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
