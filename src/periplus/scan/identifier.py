"""A thread with an asyncio loop in which ports are identified while the scan goes on in its own.

The scan hands in ports and looks now and then for what has become known; neither waits for the other. What begins is
held against the guard's scope and rate, as everything that leaves is.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from periplus.data import cipher_suites_text, signature_texts
from periplus.errors import UsageError
from periplus.identify.catalogue import protocols
from periplus.identify.driver.driver import Driver, Port, Session
from periplus.identify.service import Service
from periplus.identify.signature import Opinion, Signatures, read_signatures
from periplus.identify.talk import Detail
from periplus.identify.tls.suites import read_suites
from periplus.scan.config import Identify
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.space.scope import NUMBERS

if TYPE_CHECKING:
    from concurrent.futures import Future

    from cryptography import x509

    from periplus.identify.model import Peer
    from periplus.identify.nmapdb import NmapDb
    from periplus.identify.tls.audit import Audit
    from periplus.identify.tls.client import Handshake
    from periplus.scan.guard import Guard
    from periplus.transport.sockets import Opener

__all__ = ["Identifier"]

RETRY_S = 0.005
NONCE_BYTES = 64
WHERE_NMAP_INSTALLS = ("/usr/share/nmap/nmap-service-probes", "/usr/local/share/nmap/nmap-service-probes")
CLOSING_TURNS = 3  # of the loop, in which transports close what they were told to


class Identifier:
    """Identifies ports in a thread of its own, from the first `submit` until `close`."""

    def __init__(
        self,
        how: Identify,
        opener: "Opener",
        guard: "Guard | None" = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tell` gets a line about a file that cannot be used."""
        self._guard = guard
        self._known: deque[Service] = deque()
        self._pending: dict[Future[Service], str] = {}  # and the host that it is about
        self._loop = asyncio.new_event_loop()
        self._session = Session(
            Driver(
                known=protocols(),
                signatures=all_signatures(how.signatures, how.recog, tell),
                second=SecondOpinion(how.probes_db, tell),
                now_ms=lambda: time.monotonic() * 1000,
                nonce=lambda: os.urandom(NONCE_BYTES),
                facts=TlsFacts(),
                suites=read_suites(cipher_suites_text()) if how.tls_audit else None,
                intensity=how.intensity,
                ics=how.ics,
                permit=self._permit,
                opener=opener,
                datagrams=opener.datagrams,
            )
        )
        self._thread = Thread(target=self._loop.run_forever, name="identify", daemon=True)
        self._thread.start()

    def submit(self, port: Port) -> None:
        """Begin to identify."""
        future = asyncio.run_coroutine_threadsafe(self._session.service(port), self._loop)
        self._pending[future] = port.address
        future.add_done_callback(self._done)

    def _done(self, future: "Future[Service]") -> None:
        self._pending.pop(future, None)
        if not future.cancelled() and future.exception() is None:
            self._known.append(future.result())

    def poll(self) -> list[Service]:
        """Return what has become known since the last call."""
        return [self._known.popleft() for _ in range(len(self._known))]

    def drop(self, address: str) -> None:
        """End every conversation with a host."""
        for future in [each for each, host in list(self._pending.items()) if host == address]:
            future.cancel()

    async def _permit(self, port: Port) -> None:
        """Return when the guard lets a connection to this port begin."""
        if self._guard is None:
            return
        them = Addresses.of_ints([parse_ip(port.address)])
        ports, protocol = np.array([port.port], np.uint16), NUMBERS[port.over.value]
        while True:
            with self._guard.leave_for(them, ports, protocol) as leave:
                leave.left = leave.may
            if leave.left:
                return
            await asyncio.sleep(RETRY_S)

    def close(self) -> None:
        """End every conversation and the thread; a second call does nothing."""
        if self._loop.is_closed():
            return
        for future in list(self._pending):
            future.cancel()
        asyncio.run_coroutine_threadsafe(_nothing_left(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _nothing_left() -> None:
    """Wait until every other task of this loop has ended."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(CLOSING_TURNS):
        await asyncio.sleep(0)


def all_signatures(
    own: str | None = None, recog: str | None = None, tell: Callable[[str], None] = lambda _: None
) -> Signatures:
    """Return the user's own signatures, behind them those of the program, and behind these a folder of Recog's."""
    ours = read_signatures(Path(own).read_text(encoding="utf-8")) if own is not None else []
    ours += [each for text in signature_texts().values() for each in read_signatures(text)]
    if recog is not None:
        from periplus.identify.recog import read_recog

        for path in sorted(Path(recog).glob("*.xml")):
            try:
                more, problems = read_recog(path.read_text(encoding="utf-8"), path.name)
            except (OSError, UnicodeDecodeError, UsageError) as error:
                more, problems = [], [str(error) if path.name in str(error) else f"{path.name}: {error}"]
            ours += more
            for problem in problems:
                tell(problem)
    return Signatures(ours)


class SecondOpinion:
    """Nmap's file, read when it is first asked; without one there is no opinion."""

    def __init__(self, file: str | None, tell: Callable[[str], None]) -> None:
        self._file = file
        self._tell = tell
        self._lock = Lock()
        self._read: NmapDb | None = None

    def __call__(self, heard: bytes, protocol: str | None) -> Opinion | None:
        """Return what the file makes of what a service said."""
        with self._lock:
            if self._read is None:
                self._read = self._load()
        return self._read.opinion(heard, protocol)

    def _load(self) -> "NmapDb":
        from periplus.identify.nmapdb import read_nmapdb

        wanted = [self._file] if self._file is not None else WHERE_NMAP_INSTALLS
        path = next((path for path in map(Path, wanted) if path.is_file()), None)
        try:
            read = read_nmapdb(path.read_text(encoding="latin-1") if path else "")
        except OSError as error:
            self._tell(f"{path}: {error.strerror}")
            return read_nmapdb("")
        for problem in read.refused:
            self._tell(f"{path}: {problem}")
        return read


class TlsFacts:
    """Reads handshakes, and holds them against the roots that this machine trusts."""

    def __init__(self) -> None:
        self._roots: list[x509.Certificate] | None = None

    def __call__(self, handshake: "Handshake", peer: "Peer", audit: "Audit | None") -> dict[str, Detail]:
        """Return what a reader gets of a handshake, and of an audit."""
        from periplus.identify.tls.facts import facts_untrusted

        if self._roots is None:
            self._roots = system_roots()
        return facts_untrusted(
            handshake,
            peer.name or peer.address,
            peer.name is not None,
            self._roots,
            datetime.now(UTC),
            audit,
        )


def system_roots() -> "list[x509.Certificate]":
    """Return the certificates that this machine trusts; none where it has no list of them."""
    import ssl

    from periplus.identify.tls.certificate import roots

    file = ssl.get_default_verify_paths().cafile
    try:
        return roots(Path(file).read_bytes()) if file else []
    except (OSError, ValueError):
        return []
