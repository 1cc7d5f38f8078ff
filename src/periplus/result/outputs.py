"""Opens what the user asked for: a writer for each format and target, and the table on standard output."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from periplus.errors import UsageError
from periplus.result.formats import TERMINAL
from periplus.result.sink import NOTHING, Mark, Sink, fault, open_sink, standard_output
from periplus.result.text import printable
from periplus.result.writer import Format, Kept, Options, Writer, Writers

__all__ = ["open_writers"]

STDOUT = "-"


def open_writers(
    requests: Sequence[tuple[Format, str]],
    options: Options,
    on_failure: Callable[[str], None],
    stdout_fd: int = 1,
    kept: Mapping[str, Kept] | None = None,
) -> Writers:
    """Open a writer for each (format, target), target ``-`` being standard output.

    Standard output gets the terminal table unless a request asks for it. Files are opened here and emptied only
    by `begin`, so a run that fails earlier costs no older result. What was `kept` of a target by an earlier run is
    gone on with. Raises UsageError with one line.
    """
    kept = kept or {}
    _check_targets(requests)
    _check_kept(requests, kept)
    if all(target != STDOUT for _, target in requests):
        requests = [(TERMINAL, STDOUT), *requests]
    named: list[tuple[str, Writer]] = []
    try:
        for each, target in requests:
            old = kept.get(target)
            since = old.mark if old else NOTHING
            sink = standard_output(stdout_fd) if target == STDOUT else _open_file(each, target, since)
            writer = each.factory(sink, options)
            named.append(("standard output" if target == STDOUT else target, writer))
            if old is not None:
                writer.resume(old.memory)
    except UsageError:
        Writers(named, on_failure).close()
        raise
    return Writers(named, on_failure)


def _open_file(each: Format, target: str, since: Mark) -> Sink:
    try:
        return open_sink(target, document=each.document, since=since)
    except (OSError, ValueError) as error:
        raise UsageError(printable(f"{each.flag} {target}: {_why(error, target)}")) from error


def _check_kept(requests: Sequence[tuple[Format, str]], kept: Mapping[str, Kept]) -> None:
    """Nothing is cut off from a file that is not the one that was written."""
    for each, target in requests:
        if target in kept and (why := fault(target, kept[target].mark)) is not None:
            raise UsageError(printable(f"{each.flag} {target}: the run cannot go on in this file: {why}"))


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
