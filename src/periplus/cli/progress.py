"""What a run shows on standard error while it lasts.

On a terminal one live line: phase, bar, share, open ports, rate, loss and time left. Elsewhere, with ``-v``, a
plain line every five seconds. With ``-v`` open ports are named as they are found, in Nmap's words.

An estimate is shown only when the run has one; it may grow, it is never negative, and 100 % is shown only when all
is settled. Drawing uses rich, which takes longer to import than a small scan takes to run; so it is imported when
a run has lasted half a second on a terminal. Time comes with the snapshots, so nothing here has a clock.

Standard output usually is the same terminal: whoever writes there does so inside `aside`, which takes the
live line away and lets the next snapshot bring it back.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from periplus.result.row import PortRow
from periplus.result.text import plural, printable
from periplus.scan.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.live import Live

__all__ = ["Progress", "bar", "duration", "live_line", "plain_line"]

LIVE_AFTER_S = 0.5
LIVE_EVERY_S = 0.1
PLAIN_EVERY_S = 5.0
BAR_WIDTH = 16
BAR_CELLS = "━╌"  # full, empty
ASCII_CELLS = "=-"


class Progress:
    """Shows snapshots and findings on `stream`. A stream that fails is never written to again."""

    def __init__(self, stream: TextIO, verbose: int, *, dumb: bool = False) -> None:
        """`verbose` counts ``-v``; `dumb` says that the terminal cannot move its cursor (TERM=dumb)."""
        self._stream = stream
        self._verbose = verbose
        self._live_wanted = stream.isatty() and not dumb
        self._cells = BAR_CELLS if (stream.encoding or "").lower().startswith("utf") else ASCII_CELLS
        self._live: Live | None = None
        self._paused = False
        self._next_s = LIVE_AFTER_S if self._live_wanted else PLAIN_EVERY_S

    @property
    def names_ports(self) -> bool:
        """Whether open ports are named."""
        return bool(self._verbose)

    def show(self, snapshot: Snapshot) -> None:
        """Show where the run is, if it is time for that. Cheap enough to be called in every turn."""
        if snapshot.paused_until is not None:  # no time passes, and there is one line to show
            self._pause(snapshot)
            return
        self._paused = False
        if snapshot.elapsed_s < self._next_s:
            return
        if self._live_wanted:
            self._next_s = snapshot.elapsed_s + LIVE_EVERY_S
            self._draw(snapshot)
        elif self._verbose:
            self._next_s = snapshot.elapsed_s + PLAIN_EVERY_S
            self._print(plain_line(snapshot))

    def _pause(self, snapshot: Snapshot) -> None:
        if self._live_wanted and (self._live is None or not self._paused):
            self._draw(snapshot)
        self._paused = True

    def status(self, snapshot: Snapshot) -> None:
        """Show where the run is in a line that stays, as the user asked for it."""
        self.message(plain_line(snapshot))

    def found(self, row: PortRow) -> None:
        """Name an open port, with ``-v``."""
        self.detail(f"Discovered open port {row.port}/{row.proto} on {row.addr}")

    def detail(self, text: str) -> None:
        """A message that is shown with ``-v``."""
        if self._verbose:
            self.message(text)

    def message(self, text: str) -> None:
        """A line of text above the live line, harmless whatever is in it."""
        with self.aside():
            self._print(printable(text))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the live line away while somebody writes to the terminal."""
        self._erase()
        yield

    def close(self) -> None:
        """The run is over: leave nothing on the screen."""
        self._erase()
        self._live_wanted = False
        self._next_s = math.inf

    def _draw(self, snapshot: Snapshot) -> None:
        from rich.text import Text

        with suppress(OSError, ValueError):  # the terminal has gone; the scan goes on
            if self._live is None:
                self._live = self._start()
            line = Text(live_line(snapshot, self._cells), no_wrap=True, overflow="ellipsis")
            self._live.update(line, refresh=True)

    def _start(self) -> "Live":
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, markup=False, highlight=False, emoji=False)
        live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        return live

    def _erase(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            with suppress(OSError, ValueError):
                live.stop()

    def _print(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()


def plain_line(snapshot: Snapshot) -> str:
    """A snapshot for a log: ``SYN scan, 5 s: 45.2 % done, 12 open ports, 3/256 hosts, 1200 probes/s, ...``."""
    parts = [
        *([] if snapshot.share is None else [f"{_percent(snapshot)} done"]),
        plural(snapshot.open_found, "open port", "open ports"),
        f"{snapshot.hosts_done}/{snapshot.hosts} hosts",
        f"{snapshot.rate_pps:.0f} probes/s",
        f"loss {snapshot.loss:.1%}",
        *_time_left(snapshot),
        *([f"paused until {snapshot.paused_until}"] if snapshot.paused_until else []),
    ]
    return f"{printable(snapshot.phase)}, {duration(snapshot.elapsed_s)}: {', '.join(parts)}"


def live_line(snapshot: Snapshot, cells: str = BAR_CELLS) -> str:
    """A snapshot for the live line of a terminal, what matters most first.

    `cells` are the bar's full and its empty cell.
    """
    share = snapshot.share
    parts = [
        *([] if share is None else [f"{bar(share, cells)} {_percent(snapshot):>7}"]),
        *_time_left(snapshot),
        *([f"paused until {snapshot.paused_until}"] if snapshot.paused_until else []),
        f"{snapshot.open_found} open",
        f"{snapshot.rate_pps:,.0f} probes/s",
        *([f"{snapshot.hosts_done}/{snapshot.hosts} hosts"] if snapshot.hosts > 1 else []),
        *([f"loss {snapshot.loss:.1%}"] if snapshot.loss > 0 else []),
    ]
    return f"{printable(snapshot.phase)} {'  '.join(parts)}"


def bar(share: float, cells: str = BAR_CELLS) -> str:
    """A bar of `BAR_WIDTH` cells of which `share` (0..1) is full."""
    full = math.floor(share * BAR_WIDTH)
    return cells[0] * full + cells[1] * (BAR_WIDTH - full)


def duration(seconds: float) -> str:
    """``12 s``, ``3 min 05 s``, ``2 h 07 min``; whole seconds, rounded up."""
    whole = max(0, math.ceil(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes_over = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_over:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _percent(snapshot: Snapshot) -> str:
    """The settled share, rounded down: nothing is called complete before it is."""
    tenths = 0 if snapshot.total <= 0 else min(1000, 1000 * snapshot.settled // snapshot.total)
    return f"{tenths // 10}.{tenths % 10} %"


def _time_left(snapshot: Snapshot) -> list[str]:
    if snapshot.paused_until or snapshot.eta_s is None or not math.isfinite(snapshot.eta_s):
        return []
    return ["less than 1 s left" if snapshot.eta_s < 1 else f"{duration(snapshot.eta_s)} left"]
