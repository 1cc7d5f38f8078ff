"""``--resume FILE``: where the file exists, what was asked is read from it; and while a scan goes on, it is kept.

The same words can be given again (a script need not know how often it was run), or none besides the file. Other words
would be another scan, and are refused.
"""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from periplus.cli.aim import Aim
from periplus.cli.options import output_requests, read
from periplus.errors import CannotScan, UsageError
from periplus.result.row import SummaryRow
from periplus.result.sums import added
from periplus.result.text import command_line, plural
from periplus.result.writer import Format, Kept, Writers
from periplus.scan.config import ScanConfig
from periplus.space.course import WHOLE, Course

if TYPE_CHECKING:  # a run that keeps no state has no use for the rest
    from periplus.engine.ledger import Ledger
    from periplus.engine.remains import Remains
    from periplus.scan.journal import Journal
    from periplus.scan.state import Asked, Past, StateFile

__all__ = ["Keeper", "aim_of", "begun", "check_aim", "keeper_for", "requests_of"]

OPTION = "--resume"
STDOUT = "-"


def begun(arguments: Sequence[str], raw: bool) -> "tuple[Sequence[str], argparse.Namespace, Past | None]":
    """Return the arguments and options that hold, and what is known of an earlier run.

    `raw`: raw packets are allowed.

    UsageError, CannotScan: why the scan in the file cannot go on.
    """
    given = read(arguments)
    given.directory = str(Path.cwd())
    if given.shard != WHOLE and given.seed is None:
        raise UsageError(f"--shard {given.shard}: all shards need the same --seed N, or they would overlap")
    if given.resume is None:
        return arguments, given, None
    from periplus.scan.state import read_state

    path = Path(given.resume)
    past = read_state(path)
    if past is None:
        _check_new(given, path)
        return arguments, given, None
    try:
        _check_old(arguments, past, path, raw)
    except BaseException:
        os.close(past.held)
        raise
    asked = past.asked
    given = read(asked.arguments)
    given.resume, given.directory = str(path), asked.directory
    given.scope = given.scope and str(Path(asked.directory, given.scope))
    return asked.arguments, given, past


def _check_new(given: argparse.Namespace, path: Path) -> None:
    if given.only_list or given.dry_run:
        flag = "-sL" if given.only_list else "--dry-run"
        raise UsageError(f"{OPTION} {path}: {flag} sends nothing, so there is nothing to go on with")
    if not (given.targets or given.lists):
        raise UsageError(
            f"{OPTION} {path}: there is no such file; to begin a scan that keeps it, name targets"
        )


def _check_old(arguments: Sequence[str], past: "Past", path: Path, raw: bool) -> None:
    asked = past.asked
    words = without_resume(arguments)
    if words and words != without_resume(asked.arguments):
        raise UsageError(
            f"{OPTION} {path}: another scan is in it ({command_line(('scan', *asked.arguments))}); to go on "
            "with that give nothing else, for a new one another file"
        )
    if past.standing.finished:
        raise UsageError(f"{OPTION} {path}: the scan in it is finished; to scan again remove it")
    if asked.raw != raw:
        now, then = ("may", "could not") if raw else ("may not", "could")
        raise CannotScan(
            f"{OPTION} {path}: the scan in it {then} send raw packets, and this process {now}; go on as the same user"
        )


def without_resume(arguments: Sequence[str]) -> list[str]:
    """The arguments but for the option and its value."""
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == OPTION:
            next(words, None)
        elif not word.startswith(f"{OPTION}="):
            kept.append(word)
    return kept


def aim_of(asked: "Asked") -> Aim:
    """What an earlier run aimed at."""
    return Aim(asked.hosts, dict(asked.spaces), asked.names, dict(asked.ports), asked.interface)


def check_aim(target: Aim, past: "Past | None", scope: str | None) -> None:
    """A scope that allows less than it did would make another scan of this one."""
    if past is None:
        return
    sizes = {proto: space.size for proto, space in past.asked.spaces.items()}
    if target.hosts != past.asked.hosts or sizes != {p: space.size for p, space in target.spaces.items()}:
        raise UsageError(f"scope {scope}: it allows less than when this scan began; begin anew")


def requests_of(
    given: argparse.Namespace, past: "Past | None", tell: Callable[[str], None]
) -> tuple[list[tuple[Format, str]], dict[str, Kept]]:
    """Return the outputs that are asked for, and what an earlier run has written of each."""
    requests = output_requests(given)
    if given.resume is None:
        return requests, {}
    requests = [
        (each, target if target == STDOUT else str(Path(given.directory, target)))
        for each, target in requests
    ]
    outputs: Mapping[str, Kept | None] = past.standing.outputs if past else {}
    for target in (target for target, kept in outputs.items() if kept is None):
        tell(f"{target} could not be written before; it stays as it is")
    kept = {target: each for target, each in outputs.items() if each is not None}
    return [each for each in requests if outputs.get(each[1], True) is not None], kept


class Keeper:
    """Keeps the state file of a run; without a file it keeps nothing. `journal` is None for plain runs."""

    def __init__(
        self,
        ledger: "Ledger | None",
        file: "StateFile | None",
        writers: Writers,
        past: "Past | None",
        tell: Callable[[str], None],
    ) -> None:
        self._ledger = ledger
        self._file = file
        self._writers = writers
        self._earlier = past.standing.summary if past else None
        self._targets = dict.fromkeys(past.standing.outputs) if past else {}
        self._tell = tell
        self._trouble = ""
        self.journal = None if ledger is None else self._journal(ledger, past)

    def _journal(self, ledger: "Ledger", past: "Past | None") -> "Journal":
        from periplus.scan.journal import Journal

        save = self._save if self._file else None
        return (
            Journal(ledger, save, past.standing.remains, past.standing.shown)
            if past
            else Journal(ledger, save)
        )

    def begin(self, now_s: float) -> None:
        """The writers have begun. CannotScan: the file cannot be written."""
        if self._file is None or self._ledger is None:
            return
        if done := self._ledger.finished:
            of = plural(self._ledger.course.size, "host", "hosts")
            self._tell(f"Going on: {done} of {of} {'is' if done == 1 else 'are'} finished")
        nothing = SummaryRow(0, self._ledger.course.size, 0, 0, 0.0, 0.0, 0.0, 0.0, now_s, exit="interrupted")
        self._save(nothing, self.journal.remains if self.journal else ())
        if self._trouble:
            raise CannotScan(self._trouble)

    def total(self, summary: SummaryRow) -> SummaryRow:
        """The summary of the whole run."""
        return added(self._earlier, summary) if self._earlier else summary

    def end(self, summary: SummaryRow) -> None:
        """The writers have ended."""
        if self._file is None:
            return
        if summary.exit == "success":
            self._save(summary, (), finished=True)
        else:
            self._tell(f"To go on: periplus scan {OPTION} {self._file.path}")
        self._file.close()

    def _save(self, summary: SummaryRow, remains: "Sequence[Remains]", *, finished: bool = False) -> None:
        assert self._file is not None
        assert self._ledger is not None
        from periplus.scan.state import Standing

        kept = self._writers.kept()
        self._targets.update(dict.fromkeys(kept))
        standing = Standing(
            self._ledger.reached,
            self._ledger.still_open(),
            summary if finished else self.total(summary),
            {target: kept.get(target) for target in self._targets},
            tuple(remains),
            finished,
            self.journal.seen() if self.journal else {},
        )
        try:
            self._file.write(standing)
        except OSError as error:
            # What stands is older and still true, so the scan goes on.
            if not self._trouble:
                self._trouble = f"{OPTION}: the state cannot be written: {error.strerror or error}"
                self._tell(self._trouble)


def keeper_for(
    given: argparse.Namespace,
    config: ScanConfig,
    target: Aim,
    raw: bool,
    began: float,
    writers: Writers,
    past: "Past | None",
    tell: Callable[[str], None],
) -> Keeper:
    """Return what keeps the state of a run, if that is wanted, and knows its part of the course, if it has one."""
    if given.resume is None and config.shard == WHOLE:
        return Keeper(None, None, writers, None, tell)
    from periplus.engine.ledger import Ledger

    standing = past.standing if past else None
    course = Course(target.hosts, config.seed, config.shard)
    ledger = Ledger(course, standing.reached, standing.still_open) if standing else Ledger(course)
    if given.resume is None:
        return Keeper(ledger, None, writers, None, tell)
    from periplus.scan.state import Asked, StateFile

    asked = Asked(
        config.arguments,
        given.directory,
        config.seed,
        raw,
        began,
        target.hosts,
        target.spaces,
        target.names,
        target.ports,
        target.interface,
    )
    file = StateFile(Path(given.resume), asked, past.held if past else -1)
    return Keeper(ledger, file, writers, past, tell)
