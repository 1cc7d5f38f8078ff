"""Connections with data against real sockets on the loopback, and against sockets that fail to order."""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.transport import ask
from periplus.transport.ask import FIRST_BYTES, REQUEST, Answer, Asks, Met
from periplus.transport.connect import open_socket

HOST = "127.0.0.1"
LOOPBACKS = (HOST, "::1")
PATIENT_US = 3_600_000_000


def now_us() -> int:
    return time.monotonic_ns() // 1000


@pytest.fixture
def asks() -> Iterator[Asks]:
    made = Asks(64)
    yield made
    made.close()


def begin(asks: Asks, ports: list[int], patience_us: int = PATIENT_US, host: str = HOST) -> int:
    """Ask ports of the loopback; tokens are 100, 101, ..."""
    tokens = list(range(100, 100 + len(ports)))
    them = Addresses.of_ints([parse_ip(host)] * len(ports))
    return asks.begin(tokens, them, np.array(ports, np.uint16), patience_us, now_us)


def gather(asks: Asks, n: int, clock: Callable[[], int] = now_us) -> list[Answer]:
    """Wait for so many answers, by token."""
    found: list[Answer] = []
    end = now_us() + 10_000_000
    while len(found) < n and now_us() < end:
        found += asks.poll(clock)
    return sorted(found, key=lambda answer: answer.token)


def listener(stack: ExitStack, host: str = HOST) -> socket.socket:
    """A socket that listens; nobody accepts, but the kernel does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = stack.enter_context(socket.socket(family))
    made.bind((host, 0))
    made.listen(16)
    return made


@contextmanager
def serving(said: Callable[[socket.socket], object], host: str = HOST) -> Iterator[int]:
    """A port where each of a few callers is dealt with so; the connection is kept until the end."""
    with ExitStack() as stack:
        server = listener(stack, host)

        def serve() -> None:
            with stack.enter_context(server.accept()[0]) as caller:
                said(caller)
                done.wait()

        done = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            done.set()
            thread.join()


def reset(caller: socket.socket) -> None:
    """Read what was asked, then end the connection by a reset."""
    caller.recv(100)
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    caller.close()


@pytest.mark.parametrize("host", LOOPBACKS)
def test_who_speaks_is_heard(asks: Asks, host: str) -> None:
    with serving(lambda caller: caller.sendall(b"SSH-2.0-" + b"x" * 100), host) as port:
        assert begin(asks, [port], host=host) == 1
        [answer] = gather(asks, 1)
    assert answer == Answer(100, Met.SAID, (b"SSH-2.0-" + b"x" * 100)[:FIRST_BYTES])


def test_the_request_arrives_as_it_is(asks: Asks) -> None:
    with serving(lambda caller: caller.sendall(caller.recv(100))) as port:
        begin(asks, [port])
        assert gather(asks, 1) == [Answer(100, Met.SAID, REQUEST[:FIRST_BYTES])]


@pytest.mark.parametrize("end", [lambda caller: caller.shutdown(socket.SHUT_WR), reset], ids=["fin", "reset"])
def test_who_hangs_up_has_heard_it(asks: Asks, end: Callable[[socket.socket], None]) -> None:
    with serving(end) as port:
        begin(asks, [port])
        assert gather(asks, 1) == [Answer(100, Met.CLOSING)]


def test_a_kernel_that_acknowledges_is_silence(asks: Asks) -> None:
    with ExitStack() as stack:
        begin(asks, [listener(stack).getsockname()[1]], 200_000)
        assert gather(asks, 1) == [Answer(100, Met.SILENT)]
    assert asks.room() == 64


def test_a_closed_port_is_nobody(asks: Asks) -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        begin(asks, [holder.getsockname()[1]])
        assert gather(asks, 1) == [Answer(100, Met.NOBODY)]


def test_what_was_never_acknowledged_is_deafness(asks: Asks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback acknowledges everything; the lab has peers that do not."""
    monkeypatch.setattr(ask, "_acknowledged", lambda sock: False)
    with ExitStack() as stack:
        begin(asks, [listener(stack).getsockname()[1]], 1000)
        assert gather(asks, 1) == [Answer(100, Met.DEAF)]


def test_only_data_counts_as_acknowledged() -> None:
    with ExitStack() as stack:
        server = listener(stack)
        caller = stack.enter_context(socket.create_connection(server.getsockname()))
        assert not ask._acknowledged(caller)
        caller.sendall(b"x")
        stack.enter_context(server.accept()[0]).recv(1)
        assert ask._acknowledged(caller)


@pytest.mark.parametrize(
    ("number", "acknowledged", "met"),
    [
        (errno.ECONNRESET, False, Met.DEAF),
        (errno.ECONNRESET, True, Met.CLOSING),
        (errno.EPIPE, False, Met.CLOSING),
    ],
)
def test_a_reset_before_the_data_was_heard(
    monkeypatch: pytest.MonkeyPatch, number: int, acknowledged: bool, met: Met
) -> None:
    monkeypatch.setattr(ask, "_acknowledged", lambda sock: acknowledged)
    with open_socket(socket.AF_INET) as sock:
        assert ask._after_error(ask._Talk(1, sock, 0, 0), OSError(number, "")) == met


def test_a_connect_without_an_answer_ends_at_its_deadline(asks: Asks) -> None:
    """A queue of connections that is full: further SYNs get no answer."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind((HOST, 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        begun = now_us()
        begin(asks, [server.getsockname()[1]], 0)
        assert asks.poll(lambda: begun) == []
        assert asks.poll(lambda: begun + 10 * ask.CONNECT_US) == [Answer(100, Met.NOBODY)]


@given(st.binary(max_size=100))
def test_whatever_is_said_is_kept_in_part(said: bytes) -> None:
    asks = Asks(1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        talk = ask._Talk(7, ours, 0, 0, connected=True)
        asks._selector.register(ours, 1, talk)
        asks._talks[ours.fileno()] = talk
        asks._hear_untrusted(talk)
        assert asks.poll(now_us) == [Answer(7, Met.SAID if said else Met.CLOSING, said[:FIRST_BYTES])]
    asks.close()


def test_no_more_than_there_is_room_for() -> None:
    with ExitStack() as stack:
        asks = Asks(2)
        ports = [listener(stack).getsockname()[1]] * 3
        assert begin(asks, ports) == 2
        assert asks.room() == 0
        assert begin(asks, ports) == 0
        asks.close()
        asks.close()
        assert asks.room() <= 0


@pytest.mark.parametrize(("number", "begun"), [(errno.EMFILE, 0), (errno.EAFNOSUPPORT, 2)])
def test_a_machine_without_sockets(number: int, begun: int) -> None:
    """What is short for a while is offered again; what is never there is nobody."""

    def fail(family: int) -> socket.socket:
        raise OSError(number, "no")

    asks = Asks(opener=fail)
    assert begin(asks, [1, 2]) == begun
    assert asks.poll(now_us) == [Answer(token, Met.NOBODY) for token in (100, 101)][:begun]
    asks.close()
