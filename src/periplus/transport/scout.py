"""Routes asked by a child process, so that the netlink library is loaded while this process loads NumPy.

Importing pyroute2 takes a tenth of a second, as long as importing NumPy, and a small scan takes less than either.
A child forked at the very beginning imports it on another core and then answers questions over a pipe. It must be
forked before NumPy is imported, whose threads do not survive a fork; this module imports nothing heavy itself.

The pipe carries pickles between two halves of one program; nothing else can write to it. When the child is gone,
this process asks the kernel itself.
"""

import os
import pickle
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from periplus.errors import PeriplusError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from periplus.transport.routes import Path, Ranges, Routes, Via
    from periplus.wire.lane import Lane

__all__ = ["Scout"]


class Scout:
    """A child that answers like `Routes`. Use it as a context manager; `start` gives None where there is no fork."""

    def __init__(self, child: int, questions: BinaryIO, answers: BinaryIO) -> None:
        self._child = child
        self._questions = questions
        self._answers = answers
        self._own: Routes | None = None
        self._used: tuple[Via, Sequence[int]] | None = None

    @classmethod
    def start(cls) -> "Scout | None":
        """Fork the child."""
        if not hasattr(os, "fork"):
            return None
        question_out, question_in = os.pipe()
        answer_out, answer_in = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(question_in)
            os.close(answer_out)
            _live(os.fdopen(question_out, "rb"), os.fdopen(answer_in, "wb"))
        os.close(question_out)
        os.close(answer_in)
        return cls(child, os.fdopen(question_in, "wb"), os.fdopen(answer_out, "rb"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the child go. May be called twice."""
        if self._own is not None:
            self._own.close()
        with suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        child, self._child = self._child, 0
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def use(self, via: "Via", families: "Sequence[int]") -> None:
        """As `Routes.use`."""
        self._ask("use", via, families)
        self._used = via, families

    def paths(self, ranges: "Ranges") -> "list[Path]":
        """As `Routes.paths`."""
        found: list[Path] = self._ask("paths", ranges)
        return found

    def neighbours(self, ifindex: int, stale: bool = False) -> dict[int, bytes]:
        """As `Routes.neighbours`."""
        found: dict[int, bytes] = self._ask("neighbours", ifindex, stale)
        return found

    def lanes(self, name: str) -> "list[Lane]":
        """As `Routes.lanes`."""
        found: list[Lane] = self._ask("lanes", name)
        return found

    def _ask(self, name: str, *arguments: object) -> Any:
        try:
            pickle.dump((name, arguments), self._questions)
            self._questions.flush()
            error, found = pickle.load(self._answers)
        except (EOFError, OSError):
            return getattr(self._instead(), name)(*arguments)
        if error is not None:
            raise error
        return found

    def _instead(self) -> "Routes":
        """The kernel asked by this process: the child died."""
        from periplus.transport.routes import Routes

        if self._own is None:
            self._own = Routes()
            if self._used is not None:
                self._own.use(*self._used)
        return self._own


def _live(questions: BinaryIO, answers: BinaryIO) -> None:
    """The child's life: import, answer until the pipe is closed, and end without anybody's exit handlers."""
    with suppress(EOFError, OSError, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
        _serve(questions, answers)
    os._exit(0)


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    from periplus.transport.routes import Routes

    with Routes() as routes:
        known: dict[str, Callable[..., Any]] = {
            "use": routes.use,
            "paths": routes.paths,
            "neighbours": routes.neighbours,
            "lanes": routes.lanes,
        }
        while True:
            name, arguments = pickle.load(questions)
            pickle.dump(_answered(known[name], *arguments), answers)
            answers.flush()


def _answered(call: "Callable[..., Any]", *arguments: object) -> tuple[PeriplusError | None, Any]:
    try:
        return None, call(*arguments)
    except PeriplusError as error:
        return error, None
