"""Opens what the user asked for: a writer for each format and target, and the table on standard output."""

from collections.abc import Callable, Sequence
from pathlib import Path

from periplus.errors import UsageError
from periplus.result.normal import TERMINAL
from periplus.result.sink import Sink, open_sink, standard_output
from periplus.result.text import printable
from periplus.result.writer import Format, Options, Writer, Writers

__all__ = ["open_writers"]

STDOUT = "-"


def open_writers(
    requests: Sequence[tuple[Format, str]],
    options: Options,
    on_failure: Callable[[str], None],
    stdout_fd: int = 1,
) -> Writers:
    """Open a writer for each (format, target), target ``-`` being standard output.

    Standard output gets the terminal table unless a request asks for it. Files are opened here and emptied only
    by `begin`, so a run that fails earlier costs no older result. Raises UsageError with one line.
    """
    _check_targets(requests)
    if all(target != STDOUT for _, target in requests):
        requests = [(TERMINAL, STDOUT), *requests]
    named: list[tuple[str, Writer]] = []
    try:
        for each, target in requests:
            sink = standard_output(stdout_fd) if target == STDOUT else _open_file(each, target)
            named.append(("standard output" if target == STDOUT else target, each.factory(sink, options)))
    except UsageError:
        Writers(named, on_failure).close()
        raise
    return Writers(named, on_failure)


def _open_file(each: Format, target: str) -> Sink:
    try:
        return open_sink(target, document=each.document)
    except (OSError, ValueError) as error:
        raise UsageError(printable(f"{each.flag} {target}: {_why(error, target)}")) from error


def _why(error: OSError | ValueError, target: str) -> str:
    if isinstance(error, FileNotFoundError) and target:
        return f"there is no directory {Path(target).parent}"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _check_targets(requests: Sequence[tuple[Format, str]]) -> None:
    """Two formats in one file would overwrite each other."""
    seen: dict[str, str] = {}
    for each, target in requests:
        key = target if target == STDOUT else str(Path(target).absolute())
        if key in seen and not key.startswith("/dev/"):
            where = "standard output" if target == STDOUT else target
            raise UsageError(printable(f"{each.flag} {target}: {seen[key]} writes to {where} already"))
        seen[key] = each.flag
