"""Names: forward through the system, reverse by our own queries, many at once.

Forward resolution is getaddrinfo, so /etc/hosts and whatever else the machine is set up with hold. Reverse names are
wanted by the hundred while a scan runs: a few threads ask for PTR records (RFC 1035 section 3.5, RFC 3596 section
2.5) with dnspython, which is imported by the first address that needs it. /etc/hosts is looked at first, and a
loopback address is never asked for.

The threads are daemons and nobody waits for them at the end, so a dead server cannot hold the exit up. When so many
queries in a row have had no answer at all, the servers are taken for dead and the rest goes unnamed at once.

`resolver_of` makes the resolver, also for forward names when the user names servers (`scan.forward`). Each server
gets its share of a question's time, or the first one that is dead would take all of it.

Limits: of /etc/hosts the first name of an address counts. Names come from whoever runs the reverse zone: they prove
nothing, and dnspython has escaped whatever is not printable in them.
"""

import socket
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from periplus.errors import UsageError
from periplus.space.ip import V4_BASE, parse_ip
from periplus.space.quote import quoted

if TYPE_CHECKING:
    from dns.resolver import Resolver

__all__ = [
    "HOSTS_FILE",
    "Named",
    "ReverseNames",
    "Servers",
    "hosts_lines",
    "hosts_names",
    "resolve",
    "resolver_of",
]

HOSTS_FILE: Final = Path("/etc/hosts")
LIFETIME_S: Final = 2.0  # of one question, repetitions to all servers included
FEWEST_TRIES: Final = 2  # of a question within its lifetime, even if there is one server only
WORKERS: Final = 32
DEAD_AFTER: Final = 64  # questions in a row without an answer, not even "no such name"
LOOPBACK_V6: Final = 1
LOOPBACK_V4: Final = range(V4_BASE | 127 << 24, V4_BASE | 128 << 24)

_FAMILIES: Final = {None: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}

Servers = Sequence[tuple[str, int]]  # addresses of name servers, and their ports
Named = tuple[str, tuple[str, ...]]  # an address as text, and its names


def resolve(name: str, want: int | None, all_addresses: bool) -> list[int]:
    """Return the addresses of a host name as 128-bit integers (IPv4 mapped): all of them, or one.

    `want` is 4, 6 or None; with None IPv4 comes first, as users of other scanners expect of a plain name. Within a
    family the order is the system's (RFC 6724). UsageError in one line when there is no such address.
    """
    try:
        found = socket.getaddrinfo(name, None, _FAMILIES[want], socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"target {quoted(name)}: does not resolve: {error.strerror or error}") from error
    except ValueError as error:  # what IDNA cannot encode, such as empty or overlong labels
        raise UsageError(f"target {quoted(name)}: is no host name: {error}") from error
    texts = [str(endpoint[0]) for *_, endpoint in sorted(found, key=lambda row: row[0] != socket.AF_INET)]
    addresses = list(dict.fromkeys(parse_ip(text) for text in texts if "%" not in text))
    if not addresses:
        raise UsageError(f"target {quoted(name)}: has no address that is valid outside its own link")
    return addresses if all_addresses else addresses[:1]


class ReverseNames:
    """Asks for the names of addresses in the background. Not for use by several threads.

    `servers` are addresses and ports of name servers, None: those of the system. `lifetime_s` bounds one question.
    """

    def __init__(
        self,
        servers: Servers | None = None,
        lifetime_s: float = LIFETIME_S,
        workers: int = WORKERS,
        hosts: Path = HOSTS_FILE,
    ) -> None:
        self._desk = _Desk(servers, lifetime_s)
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._hosts_file = hosts
        self._hosts: dict[int, str] | None = None
        self._known: dict[str, tuple[str, ...]] = {}
        self._finished: list[Named] = []
        self._pending: Counter[str] = (
            Counter()
        )  # how often each address was asked for and is not answered yet

    def ask(self, addresses: Iterable[str]) -> None:
        """Ask for the names of addresses given as text; every one comes back once from `poll` or `wait`."""
        for address in addresses:
            names = self._known_names(address)
            if names is not None:
                self._finished.append((address, names))
            else:
                self._pending[address] += 1
                if self._pending[address] == 1:
                    self._send(address)

    def poll(self) -> list[Named]:
        """Return what has been answered since the last call; without a name the tuple is empty."""
        while not self._desk.answers.empty():
            self._take(*self._desk.answers.get())
        finished, self._finished = self._finished, []
        return finished

    def wait(self) -> list[Named]:
        """As `poll`, but wait until everything asked for is answered or given up."""
        while self._pending and any(thread.is_alive() for thread in self._threads):
            try:
                self._take(*self._desk.answers.get(timeout=0.5))
            except Empty:
                continue
        finished = self.poll()
        finished.extend((address, ()) for address in self._pending.elements())
        self._pending.clear()
        return finished

    def close(self) -> None:
        """Ask no more, and wait for nobody. What is still open is forgotten."""
        self._desk.dead.set()
        self._pending.clear()
        for _ in self._threads:
            self._desk.questions.put(None)
        self._threads.clear()

    def _known_names(self, address: str) -> tuple[str, ...] | None:
        """What is known without asking anybody; None: nothing."""
        if address not in self._known:
            if self._hosts is None:
                self._hosts = hosts_names(self._hosts_file)
            number = parse_ip(address)
            if number in self._hosts:
                self._known[address] = (self._hosts[number],)
            elif number == LOOPBACK_V6 or number in LOOPBACK_V4:
                self._known[address] = ()
        return self._known.get(address)

    def _send(self, address: str) -> None:
        self._desk.questions.put(address)
        if len(self._threads) < min(self._workers, len(self._pending)):
            thread = threading.Thread(target=self._desk.work, name="reverse names", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _take(self, address: str, names: tuple[str, ...]) -> None:
        self._known[address] = names
        self._finished += [(address, names)] * self._pending.pop(address, 0)


class _Desk:
    """What the threads share: questions in, answers out, and whether the servers are dead."""

    def __init__(self, servers: Servers | None, lifetime_s: float) -> None:
        self.questions: SimpleQueue[str | None] = SimpleQueue()
        self.answers: SimpleQueue[Named] = SimpleQueue()
        self.dead = threading.Event()
        self._servers = servers
        self._lifetime_s = lifetime_s
        self._lock = threading.Lock()
        self._resolver: Resolver | None = None
        self._unanswered = 0

    def work(self) -> None:
        """Answer questions until there comes None."""
        while (address := self.questions.get()) is not None:
            names: tuple[str, ...] = ()
            try:
                if not self.dead.is_set():
                    names = self._look_up(address)
            finally:
                self.answers.put((address, names))

    def _look_up(self, address: str) -> tuple[str, ...]:
        from dns.exception import DNSException, Timeout
        from dns.resolver import NXDOMAIN, NoAnswer
        from dns.reversename import from_address

        heard = False
        names: tuple[str, ...] = ()
        try:
            resolver = self._ready_resolver()
            answer = resolver.resolve(from_address(address), "PTR", search=False)
            names = tuple(sorted(record.to_text().rstrip(".") for record in answer))
            heard = True
        except (NXDOMAIN, NoAnswer):
            heard = True
        except (Timeout, DNSException, OSError, ValueError):
            pass  # no servers, none that answers, or one that answers nonsense: no name
        self._count(heard)
        return names

    def _ready_resolver(self) -> "Resolver":
        """The one resolver of all threads, made when it is needed."""
        with self._lock:
            if self._resolver is None:
                self._resolver = resolver_of(self._servers, self._lifetime_s)
            return self._resolver

    def _count(self, heard: bool) -> None:
        with self._lock:
            self._unanswered = 0 if heard else self._unanswered + 1
            if self._unanswered >= DEAD_AFTER:
                self.dead.set()


def resolver_of(servers: Servers | None, lifetime_s: float) -> "Resolver":
    """A resolver that asks `servers`, None: the system's, and takes no longer than `lifetime_s` for a question."""
    from dns.nameserver import Do53Nameserver
    from dns.resolver import Resolver

    made = Resolver(configure=servers is None)
    if servers is not None:
        made.nameservers = [Do53Nameserver(host, port) for host, port in servers]
    made.lifetime = lifetime_s
    made.timeout = lifetime_s / max(FEWEST_TRIES, len(made.nameservers))
    return made


def hosts_names(path: Path) -> dict[int, str]:
    """Read a hosts file: each address, as `parse_ip` gives it, and its first name."""
    names: dict[int, str] = {}
    for address, words in hosts_lines(path):
        names.setdefault(address, words[0])
    return names


def hosts_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of a hosts file (hosts(5)): an address and its names, at least one.

    A file that is not there has no names; a line that is not understood counts as a comment.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        address = _address(words[0]) if len(words) > 1 else None
        if address is not None:
            yield address, words[1:]


def _address(text: str) -> int | None:
    try:
        return parse_ip(text)
    except UsageError:
        return None
