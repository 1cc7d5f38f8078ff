"""The state file of a scan: all that another process needs to go on after this one was killed.

Four lines: what it is and its format; what the scan was asked to do, which never changes; how far it has come, which
does; and the SHA-256 of the three lines before. The second line holds the targets as they were understood, so that
names which resolve otherwise now, or lists that were edited, change nothing.

A newer state replaces the older by `rename`, after everything is on the disk, so there is always a whole one. Each is
locked as long as the process that wrote it lives: no two processes go on with one scan.

Limits: the lock is the kernel's advisory one, which some network file systems do not have.
"""

import fcntl
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from periplus.columns import I64
from periplus.engine.remains import COLUMNS, Remains
from periplus.engine.shown import COLUMNS as SHOWN
from periplus.errors import CannotScan, UsageError
from periplus.result.row import Crowded, SummaryRow
from periplus.result.sink import Mark
from periplus.result.text import port_list, read_port_list
from periplus.result.writer import Kept
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space

__all__ = ["FORMAT", "Asked", "Past", "Standing", "StateFile", "read_state"]

FORMAT = 3  # raised whenever an older state would be misunderstood
WORD = "periplus-state"
MOST_BYTES = 1 << 30
NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scan was asked to do: never changes.

    `directory` is what relative names in `arguments` are relative to, `raw` whether raw packets were allowed,
    `started` seconds since the epoch. The rest is the aim: by protocol the `spaces`, and the `ports` of hosts without
    their own.
    """

    arguments: tuple[str, ...]
    directory: str
    seed: int
    raw: bool
    started: float
    hosts: AddressSpace
    spaces: Mapping[str, Space]
    names: tuple[tuple[str, int], ...]
    ports: Mapping[str, tuple[int, ...]]
    interface: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a scan has come: its ledger (see there), its figures, and what stands in each output file.

    None is kept of a file that could not be written any more. `remains`: by technique what is known of open hosts;
    `shown`: how they answered first (`engine.shown`).
    """

    reached: int
    still_open: I64
    summary: SummaryRow
    outputs: Mapping[str, Kept | None]
    remains: tuple[Remains, ...] = ()
    finished: bool = False
    shown: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """What a state file says. `held` is the descriptor that locks it, for the `StateFile` that goes on with it."""

    asked: Asked
    standing: Standing
    held: int


class StateFile:
    """The file of a scan that is going on. OSError when it cannot be written."""

    def __init__(self, path: Path, asked: Asked, held: int = -1) -> None:
        self.path = path
        self._path = Path(os.path.realpath(path))
        self._part = self._path.with_name(f".{self._path.name}.part")
        self._head = f"{WORD} {FORMAT}\n{_dumped(_asked_fields(asked))}\n".encode()
        self._sum = sha256(self._head)
        self._held = held  # the descriptor that holds the lock on what stands under the name

    def write(self, standing: Standing) -> None:
        """Replace what stands."""
        body = f"{_dumped(_standing_fields(standing))}\n".encode()
        digest = self._sum.copy()
        digest.update(body)
        fd = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _lock(fd)
            with os.fdopen(fd, "wb", closefd=False) as file:
                file.write(self._head + body + f"sha256 {digest.hexdigest()}\n".encode())
            os.fsync(fd)
            self._part.rename(self._path)
        except OSError:
            os.close(fd)
            with suppress(OSError):
                self._part.unlink()
            raise
        self.close()
        self._held = fd
        self._keep_the_name()

    def _keep_the_name(self) -> None:
        """Bring the new name to the disk as well."""
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with suppress(OSError):  # some file systems cannot
                os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Let others go on with what stands."""
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)


def read_state(path: Path) -> Past | None:
    """Return what a state file says; None when there is no such file.

    UsageError: one line that says why nobody can go on with it. CannotScan: another process does.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"--resume {path}: {error.strerror}") from error
    try:
        return Past(*_parsed(_locked_bytes(fd, path), path), fd)
    except BaseException:
        os.close(fd)
        raise


def _locked_bytes(fd: int, path: Path) -> bytes:
    try:
        _lock(fd)
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(MOST_BYTES)
    except BlockingIOError:
        raise CannotScan(f"--resume {path}: a scan that is running keeps it; stop that first") from None
    except OSError as error:
        raise UsageError(f"--resume {path}: {error.strerror}") from error


def _lock(fd: int) -> None:
    """Lock a file for as long as it is open; BlockingIOError when another process has."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return  # this file system has no locks


def _parsed(data: bytes, path: Path) -> tuple[Asked, Standing]:
    head, _, rest = data.partition(b"\n")
    word, _, number = head.partition(b" ")
    if word != WORD.encode():
        raise UsageError(f"--resume {path}: this is no state of a scan; name another file")
    if number != str(FORMAT).encode():
        raise UsageError(
            f"--resume {path}: another version of Periplus wrote it; go on with that one, or begin anew"
        )
    body, _, end = rest[:-1].rpartition(b"\n")
    if (
        not data.endswith(b"\n")
        or end != b"sha256 " + sha256(head + b"\n" + body + b"\n").hexdigest().encode()
    ):
        raise UsageError(f"--resume {path}: it is damaged (its checksum is wrong); begin anew")
    asked, _, standing = body.partition(b"\n")
    try:
        return _asked_of(json.loads(asked)), _standing_of(json.loads(standing))
    except (*NONSENSE, UsageError) as error:
        raise UsageError(f"--resume {path}: it makes no sense ({error}); begin anew") from error


def _dumped(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"))


def _asked_fields(asked: Asked) -> dict[str, Any]:
    return {
        "arguments": asked.arguments,
        "directory": asked.directory,
        "seed": asked.seed,
        "raw": asked.raw,
        "started": asked.started,
        "hosts": asked.hosts.ranges(),
        "spaces": {
            proto: [[block.addresses.ranges(), port_list(block.ports)] for block in space.blocks]
            for proto, space in asked.spaces.items()
        },
        "names": asked.names,
        "ports": {proto: port_list(ports) for proto, ports in asked.ports.items()},
        "interface": asked.interface,
    }


def _asked_of(fields: dict[str, Any]) -> Asked:
    return Asked(
        arguments=tuple(fields["arguments"]),
        directory=fields["directory"],
        seed=fields["seed"],
        raw=fields["raw"],
        started=fields["started"],
        hosts=_addresses(fields["hosts"]),
        spaces={
            proto: Space.of(
                (_addresses(ranges), np.array(read_port_list(ports), np.uint16)) for ranges, ports in blocks
            )
            for proto, blocks in fields["spaces"].items()
        },
        names=tuple((name, address) for name, address in fields["names"]),
        ports={proto: read_port_list(ports) for proto, ports in fields["ports"].items()},
        interface=fields["interface"],
    )


def _addresses(ranges: Sequence[tuple[int, int]]) -> AddressSpace:
    return AddressSpace.of((first, last) for first, last in ranges)


def _standing_fields(standing: Standing) -> dict[str, Any]:
    return {
        "reached": standing.reached,
        "open": _packed(np.diff(standing.still_open, prepend=0), "i8"),
        "summary": asdict(standing.summary),
        "outputs": {
            target: None if kept is None else [kept.mark.size, kept.mark.crc, kept.memory]
            for target, kept in standing.outputs.items()
        },
        "remains": [
            {name: _packed(each.columns[name], dtype) for name, dtype in COLUMNS.items()}
            for each in standing.remains
        ],
        "finished": standing.finished,
        "shown": {name: _packed(column, SHOWN[name]) for name, column in standing.shown.items()},
    }


def _packed(column: NDArray[Any], dtype: str) -> str:
    """A column as text: low byte first, compressed, Base64."""
    return b64encode(zlib.compress(column.astype(f"<{dtype}").tobytes(), 1)).decode("ascii")


def _unpacked(text: str, dtype: str) -> NDArray[Any]:
    return np.frombuffer(zlib.decompress(b64decode(text)), f"<{dtype}").astype(dtype)


def _summary(fields: dict[str, Any]) -> SummaryRow:
    crowded = tuple(Crowded(**each) for each in fields["crowded"])
    return SummaryRow(**fields | {"crowded": crowded})


def _standing_of(fields: dict[str, Any]) -> Standing:
    outputs = cast("dict[str, tuple[int, int, dict[str, Any]] | None]", fields["outputs"])
    return Standing(
        reached=fields["reached"],
        still_open=np.cumsum(_unpacked(fields["open"], "i8")),
        summary=_summary(fields["summary"]),
        outputs={
            target: None if kept is None else Kept(Mark(kept[0], kept[1]), kept[2])
            for target, kept in outputs.items()
        },
        remains=tuple(
            Remains({name: _unpacked(each[name], dtype) for name, dtype in COLUMNS.items()})
            for each in fields["remains"]
        ),
        finished=fields["finished"],
        shown={name: _unpacked(text, SHOWN[name]) for name, text in fields.get("shown", {}).items()},
    )
