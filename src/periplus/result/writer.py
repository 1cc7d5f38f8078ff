"""What an output format is, and how several run at once; which there are says `formats`.

A writer gets the run's rows in order: `begin`, any number of `finding` and `host`, `end`. It turns them
into text for its sink and knows nothing of files. `Writers` hands every row to all of them and outlives a
failing one: a full disk costs that file, is told once in one line, and the others go on.

A run that was killed can go on in its files: `Kept` is what has to be known of each, and a writer that is given it
goes on behind that instead of beginning.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from periplus.result.batch import Hosts
from periplus.result.row import HostReport, PortRow, RunRow, SummaryRow
from periplus.result.sink import Mark, Sink
from periplus.result.text import printable

__all__ = [
    "Format",
    "Kept",
    "Options",
    "ServiceNames",
    "Writer",
    "Writers",
]


class ServiceNames(Protocol):
    """Where names of services come from (`periplus.space.services` is one)."""

    def names(self, ports: Sequence[int], proto: str) -> dict[int, str]:
        """The names of those ports that have one."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user wants to see.

    `open_only` hides ports and hosts that are not open, `reason` adds why and the TTL, `all_states` makes the
    machine formats (NDJSON, CSV) write every port, `verbose` counts ``-v``. `show_tarpits` lists the ports of hosts
    that accept everything. `explained`: hosts, by address or name, and ports whose identification is shown;
    `explain_all`: that of every port.
    """

    services: ServiceNames
    open_only: bool = False
    reason: bool = False
    all_states: bool = False
    verbose: int = 0
    show_tarpits: bool = False
    explained: frozenset[tuple[str, int]] = frozenset()
    explain_all: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """How far a writer has come: how much of its file stands, and what it must remember, as JSON would hold it."""

    mark: Mark
    memory: dict[str, Any]


class Writer:
    """One format at work; this base writes nothing, a format overrides the calls that it has text for.

    Any call may raise OSError; after that only `close` follows. `early`: it tells of open ports before their hosts
    are finished; all others need no `finding`.
    """

    early = False

    def __init__(self, sink: Sink, options: Options) -> None:
        self._sink = sink
        self._options = options
        self.resumed = False

    def resume(self, memory: dict[str, Any]) -> None:
        """Go on where a writer with this memory was: `begin` is not called."""
        self.resumed = True
        self.recall(memory)

    def recall(self, memory: dict[str, Any], /) -> None:
        """Take over what `memory` gave. This base remembers nothing."""

    def memory(self) -> dict[str, Any]:
        """What a later writer must know to go on."""
        return {}

    def kept(self) -> Kept | None:
        """How far this has come, all of it on the disk; None where nobody could go on."""
        mark = self._sink.mark()
        return None if mark is None else Kept(mark, self.memory())

    def begin(self, run: RunRow, /) -> None:
        """The run starts."""

    def finding(self, row: PortRow, /) -> None:
        """A port was found open; its host is not finished. Formats that write by host leave it alone."""

    def host(self, host: HostReport, /) -> None:
        """A host is finished."""

    def hosts(self, hosts: Hosts, /) -> None:
        """Several hosts are finished."""
        with self._sink.together():
            for host in hosts:
                self.host(host)

    def end(self, summary: SummaryRow, /) -> None:
        """The run is over, or was stopped."""

    def refresh(self) -> None:
        """Let the file catch up with what was written, if that is due."""
        self._sink.refresh()

    def close(self) -> None:
        """No more calls; what was written stays, and is valid."""
        self._sink.close()


@dataclass(frozen=True, slots=True)
class Format:
    """An output format. `extension` is the suffix that ``-oA`` gives it (None: it is not part of ``-oA``).

    `document` formats need their end to be valid, so their file is replaced as a whole, never appended to.
    """

    name: str
    flag: str
    metavar: str
    help: str
    factory: Callable[[Sink, Options], Writer]
    extension: str | None = None
    document: bool = False


class Writers:
    """Several writers as one. The calls are those of `Writer`, and none of them raises OSError."""

    def __init__(self, named: Sequence[tuple[str, Writer]], on_failure: Callable[[str], None]) -> None:
        """`named` pairs each writer with what the user calls its target; `on_failure` gets one line."""
        self._writers = list(named)
        self._on_failure = on_failure
        self.failed = False

    @property
    def exhausted(self) -> bool:
        """Whether every writer has failed: nobody would read what is still found."""
        return self.failed and not self._writers

    @property
    def early(self) -> bool:
        """Whether any writer tells of open ports before their hosts are finished."""
        return any(writer.early for _, writer in self._writers)

    def begin(self, run: RunRow) -> None:
        """Hand `run` to every writer but those that go on."""
        self._each(lambda writer: None if writer.resumed else writer.begin(run))

    def finding(self, row: PortRow) -> None:
        """Hand `row` to every writer."""
        self._each(lambda writer: writer.finding(row))

    def hosts(self, hosts: Hosts) -> None:
        """Hand hosts to every writer, in one go."""
        self._each(lambda writer: writer.hosts(hosts))

    def end(self, summary: SummaryRow) -> None:
        """Hand `summary` to every writer."""
        self._each(lambda writer: writer.end(summary))

    def refresh(self) -> None:
        """To be called about once a second while nothing is found: slow formats publish what they hold back."""
        self._each(lambda writer: writer.refresh())

    def kept(self) -> dict[str, Kept]:
        """How far each writer has come that could be gone on with, by its target."""
        found: dict[str, Kept] = {}

        def ask(name: str, writer: Writer) -> None:
            if (kept := writer.kept()) is not None:
                found[name] = kept

        self._each_named(ask)
        return found

    def close(self) -> None:
        """Close every writer. May be called without `end` and twice."""
        self._each(lambda writer: writer.close())
        self._writers = []

    def _each(self, call: Callable[[Writer], None]) -> None:
        self._each_named(lambda _, writer: call(writer))

    def _each_named(self, call: Callable[[str, Writer], None]) -> None:
        for named in tuple(self._writers):
            name, writer = named
            try:
                call(name, writer)
            except OSError as error:
                self._drop(named, f"cannot write {name}: {error.strerror or error}; it ends here")

    def _drop(self, named: tuple[str, Writer], message: str) -> None:
        self._writers.remove(named)
        self.failed = True
        self._on_failure(printable(message))
        with suppress(OSError):  # the failure was told; a second line about the same file says nothing new
            named[1].close()
