"""Where the bytes of a format go, so that a file is valid at any moment, also after ``kill -9``.

Two kinds. `Stream` appends whole lines, a group of up to 4 KiB with one system call, and keeps nothing back:
it serves formats whose every prefix of whole lines is valid. `Document` serves formats that need an end (XML):
the file under its name is always a complete copy, ended as if the run had stopped there. A newer copy replaces
it by `rename`: first at once, then at most every second and for at most a tenth of the time, and when the run ends.

When a write fails (a full disk), `Stream` cuts the file back to its last whole group and `Document` leaves
the last complete copy, so what a dropped writer leaves behind is valid as well.

Limits. Linux may cut a write short between two pages of memory when the process is killed in just that moment,
so a last line can be torn where it crosses a border of 4 KiB; no group crosses more than one. A pipe or terminal
cannot be taken back: a document that goes there is complete when the run ends. Where a directory allows no new
file, or the file is a mount point, the document is written in place: valid whenever no write is going on.
What a document has not published yet is held in memory. Nothing is promised for a loss of power.

A file can be gone on with: `mark` says how much of it stands, and a sink that is opened with an earlier mark keeps
exactly that much. What was written after it is lost with the first write, not before.
"""

import errno
import os
import select
import stat
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["NOTHING", "Document", "Mark", "Sink", "Stream", "fault", "open_sink", "standard_output"]

GROUP_BYTES = 4096
COPY_BYTES = 1 << 20
PUBLISH_EVERY_S = 1.0
PUBLISH_SHARE = 0.1  # of the time may go into publishing

# The kernel's ways of saying that a file cannot be replaced here, though it may be writable.
NO_REPLACEMENT = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV)
NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


@dataclass(frozen=True, slots=True)
class Mark:
    """How much of a file stands: its first `size` bytes (without a document's tail), and their CRC-32."""

    size: int
    crc: int

    def after(self, data: bytes) -> "Mark":
        """The mark when `data` follows."""
        return Mark(self.size + len(data), zlib.crc32(data, self.crc))


NOTHING = Mark(0, 0)


class Sink(Protocol):
    """Where a writer's text goes. All calls may raise OSError but `close` after a failure."""

    def write(self, pieces: Iterable[str], tail: str | None = None) -> None:
        """Append `pieces`, each one or more whole lines.

        `tail` is what would end the document now (None: what it was before).
        """

    def together(self) -> AbstractContextManager[None]:
        """What is written inside goes out in one piece: many small hosts cost one system call."""

    def refresh(self) -> None:
        """Publish what is held back, if that is due."""

    def mark(self) -> Mark | None:
        """Bring all that was written to the disk and mark it; None where it could not be gone on with."""

    def close(self) -> None:
        """End the document with its last tail and give the file back. Further calls do nothing."""


class Stream:
    """Appends to a descriptor.

    `owned` says that it is ours to close, `in_place` that the tail is kept behind the last line all the time.
    """

    def __init__(self, fd: int, *, owned: bool, in_place: bool = False, since: Mark = NOTHING) -> None:
        self._fd = fd
        self._owned = owned
        self._regular = owned and stat.S_ISREG(os.fstat(fd).st_mode)
        self._in_place = in_place and self._regular
        self._mark = since
        self._tail = b""
        self._begun = False
        self._failed = False
        self._held: list[str] | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """See `Sink`."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            if held:
                self.write(held)

    def write(self, pieces: Iterable[str], tail: str | None = None) -> None:
        """See `Sink`."""
        if self._held is not None:
            self._held += pieces
            self._tail = self._tail if tail is None else _encode(tail)
            return
        if not self._begun and self._regular:
            os.ftruncate(self._fd, self._mark.size)
            os.lseek(self._fd, self._mark.size, os.SEEK_SET)
        self._begun = True
        if tail is not None:
            self._tail = _encode(tail)
        try:
            for group in _groups(pieces):
                self._append(group)
            if self._in_place:
                self._put_tail()
        except OSError:
            self._failed = True
            self._cut_back()
            raise

    def refresh(self) -> None:
        """Nothing is held back."""

    def mark(self) -> Mark | None:
        """See `Sink`."""
        if not self._regular:
            return None
        _to_disk(self._fd)
        return self._mark

    def close(self) -> None:
        """See `Sink`."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        try:
            if self._begun and not self._failed and not self._in_place:
                _write_all(fd, self._tail)
        finally:
            if self._owned:
                os.close(fd)

    def _append(self, group: bytes) -> None:
        if self._in_place:
            _write_all(self._fd, group + self._tail, at=self._mark.size)
        else:
            _write_all(self._fd, group)
        self._mark = self._mark.after(group)

    def _put_tail(self) -> None:
        _write_all(self._fd, self._tail, at=self._mark.size)
        os.ftruncate(self._fd, self._mark.size + len(self._tail))

    def _cut_back(self) -> None:
        if not self._regular:
            return
        with suppress(OSError):
            os.ftruncate(self._fd, self._mark.size)
        if self._in_place:
            with suppress(OSError):
                self._put_tail()


class Document:
    """A file that is always a complete document, replaced by a newer complete one from time to time.

    The body so far is copied from the file that stands, what is new comes from memory, then the tail; so there
    is no second file but while a copy is made.
    """

    def __init__(
        self, path: Path, fd: int, clock: Callable[[], float] = time.monotonic, since: Mark = NOTHING
    ) -> None:
        """`fd` is open for reading and writing on `path`; `clock` counts seconds."""
        self._path = path
        self._part = path.with_name(f".periplus-{os.getpid()}-{os.fstat(fd).st_ino}.part")
        self._fd = fd
        self._clock = clock
        self._body = since
        self._copied = False
        self._pending: list[bytes] = []
        self._tail = b""
        self._fresh = True  # what stands under the name is all that was written
        self._due = -1.0
        self._in_place: Stream | None = None

    def together(self) -> AbstractContextManager[None]:
        """See `Sink`; a document is published from time to time anyway."""
        return nullcontext() if self._in_place is None else self._in_place.together()

    def write(self, pieces: Iterable[str], tail: str | None = None) -> None:
        """See `Sink`."""
        if self._in_place is not None:
            self._in_place.write(pieces, tail)
            return
        self._pending += [_encode(piece) for piece in pieces]
        if tail is not None:
            self._tail = _encode(tail)
        self._fresh = False
        self.refresh()

    def refresh(self) -> None:
        """See `Sink`."""
        if self._fresh or self._in_place is not None:
            return
        started = self._clock()
        if self._due < 0 or started >= self._due:
            self._publish()
            cost = self._clock() - started
            self._due = started + max(PUBLISH_EVERY_S, cost / PUBLISH_SHARE)

    def mark(self) -> Mark | None:
        """See `Sink`."""
        if not self._fresh and self._in_place is None:
            self._publish()
        if self._in_place is not None:
            return self._in_place.mark()
        _to_disk(self._fd)
        return self._body

    def close(self) -> None:
        """See `Sink`."""
        if self._fd < 0:
            return
        try:
            if self._in_place is not None:
                self._in_place.close()
            elif not self._fresh:
                self._publish()
        finally:
            if self._in_place is None:
                os.close(self._fd)
            self._fd = -1

    def _publish(self) -> None:
        try:
            fd = self._copy()
        except OSError as error:
            if self._copied or error.errno not in NO_REPLACEMENT:
                self._fresh = True  # nothing more is tried: the last copy stands
                raise
            self._write_in_place()
            return
        os.close(self._fd)
        self._fd = fd
        self._copied = True
        self._body = self._body.after(b"".join(self._pending))
        self._pending = []
        self._fresh = True

    def _copy(self) -> int:
        """Make a complete copy under another name, put it in the place of the old one, return its descriptor."""
        fd = _create(self._part, os.fstat(self._fd))
        try:
            _copy_bytes(self._fd, fd, self._body.size)
            _write_all(fd, b"".join(self._pending) + self._tail)
            self._part.rename(self._path)
        except BaseException:
            os.close(fd)
            with suppress(OSError):
                self._part.unlink()
            raise
        return fd

    def _write_in_place(self) -> None:
        self._in_place = Stream(self._fd, owned=True, in_place=True, since=self._body)
        text = b"".join(self._pending).decode("utf-8")
        self._pending = []
        self._in_place.write([text], self._tail.decode("utf-8"))


def open_sink(target: str, *, document: bool, since: Mark = NOTHING) -> Sink:
    """Open the file `target` for a format; nothing of its old content is lost before the first write.

    Of that as much is kept as `since` says.

    A target that is no regular file (a pipe, a device) is streamed to. Raises OSError, or ValueError for a NUL.
    """
    flags = os.O_CREAT | os.O_CLOEXEC
    if document:
        with suppress(PermissionError):  # a file that may be written but not read is left to the lines below
            return _document(target, os.open(target, flags | os.O_RDWR, 0o666), since)
    fd = os.open(target, flags | os.O_WRONLY, 0o666)
    return Stream(fd, owned=True, in_place=document, since=since)


def _document(target: str, fd: int, since: Mark) -> Sink:
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return Document(Path(os.path.realpath(target)), fd, since=since)
    return Stream(fd, owned=True)


def fault(target: str, mark: Mark) -> str | None:
    """Why a file does not begin as `mark` says; None when it does."""
    try:
        with Path(target).open("rb") as file:
            found = NOTHING
            while found.size < mark.size and (data := file.read(min(COPY_BYTES, mark.size - found.size))):
                found = found.after(data)
    except FileNotFoundError:
        return "it is gone"
    except OSError as error:
        return error.strerror or str(error)
    if found.size < mark.size:
        return f"it has {found.size} bytes, and {mark.size} were written"
    return None if found == mark else "it was changed by somebody else"


def standard_output(fd: int = 1) -> Sink:
    """A sink on a descriptor that is not ours to close."""
    return Stream(fd, owned=False)


def _to_disk(fd: int) -> None:
    """Bring a file to the disk, where the file system can."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _groups(pieces: Iterable[str]) -> Iterable[bytes]:
    """Whole pieces joined up to `GROUP_BYTES`; a piece that is longer comes alone."""
    group: list[bytes] = []
    size = 0
    for piece in pieces:
        data = _encode(piece)
        if group and size + len(data) > GROUP_BYTES:
            yield b"".join(group)
            group, size = [], 0
        group.append(data)
        size += len(data)
    if group:
        yield b"".join(group)


def _write_all(fd: int, data: bytes, at: int | None = None) -> None:
    """Write all of `data`, at an offset or where the descriptor stands. Waits when a pipe or terminal is full."""
    view = memoryview(data)
    while view:
        try:
            done = os.write(fd, view) if at is None else os.pwrite(fd, view, at)
        except BlockingIOError:
            select.select([], [fd], [])
            continue
        view = view[done:]
        at = None if at is None else at + done


def _create(path: Path, like: os.stat_result) -> int:
    """A new file with the mode and, where that is allowed, the owner of another.

    Never an existing file or a link; what a killed process of our number left is removed.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o600)
    except FileExistsError:
        path.unlink()
        fd = os.open(path, flags, 0o600)
    with suppress(OSError):
        os.fchown(fd, like.st_uid, like.st_gid)
    with suppress(OSError):  # some file systems have no modes
        os.fchmod(fd, stat.S_IMODE(like.st_mode))
    return fd


def _copy_bytes(source: int, target: int, length: int) -> None:
    """Copy the first `length` bytes of `source` to where `target` stands."""
    done = 0
    while done < length:
        data = os.pread(source, min(COPY_BYTES, length - done), done)
        if not data:
            raise OSError(errno.EIO, "the file was shortened by somebody else")
        _write_all(target, data)
        done += len(data)
