"""The connect transport against real sockets on the loopback, and against sockets that fail to order."""

import errno
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from tests.transport import namespaces

from periplus.errors import CannotScan
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.transport import connect
from periplus.transport.connect import (
    ConnectTransport,
    Outcomes,
    Sent,
    local_ports,
    open_socket,
    raise_file_limit,
)

FAR_OFF_US = 3_600_000_000
LOOPBACKS = ("127.0.0.1", "::1")


def now_us() -> int:
    return time.monotonic_ns() // 1000


def at(now: int) -> Callable[[], int]:
    """A clock that stands still."""
    return lambda: now


def begin(
    transport: ConnectTransport,
    endpoints: list[tuple[str, int]],
    deadline_us: int | None = None,
    clock: Callable[[], int] = now_us,
) -> Sent:
    """Send one probe an endpoint; tokens are 100, 101, ..."""
    n = len(endpoints)
    deadline = clock() + FAR_OFF_US if deadline_us is None else deadline_us
    return transport.send(
        np.arange(100, 100 + n),
        Addresses.of_ints([parse_ip(host) for host, _ in endpoints]),
        np.array([port for _, port in endpoints], np.uint16),
        np.full(n, deadline),
        clock,
    )


def gather(transport: ConnectTransport, sent: Sent, n: int) -> dict[int, int]:
    """Wait for `n` outcomes in all, those of `sent` included; token to errno."""
    found = told(sent.outcomes)
    end = now_us() + 10_000_000
    while len(found) < n and now_us() < end:
        found |= told(transport.receive(100_000, now_us))
    return found


def told(outcomes: Outcomes) -> dict[int, int]:
    return dict(zip(outcomes.token.tolist(), outcomes.errno.tolist(), strict=True))


@pytest.fixture
def transport() -> Iterator[ConnectTransport]:
    made = ConnectTransport(256)
    yield made
    made.close()


def listener(stack: ExitStack, host: str, backlog: int = 16) -> int:
    """A listening port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = stack.enter_context(socket.socket(family))
    sock.bind((host, 0))
    sock.listen(backlog)
    return int(sock.getsockname()[1])


def bound(stack: ExitStack, host: str) -> int:
    """A port that is closed, and stays so: it is held but not listening."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = stack.enter_context(socket.socket(family))
    sock.bind((host, 0))
    return int(sock.getsockname()[1])


def silent(stack: ExitStack, host: str = "127.0.0.1") -> int:
    """A port that answers no further SYN, because its queue of connections is full."""
    port = listener(stack, host, backlog=0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex((host, port))
    return port


class Scripted(socket.socket):
    """A socket whose connects end as written, one errno a call; the last one is repeated."""

    def __init__(self, script: list[int]) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.script = script

    def connect_ex(self, address: object, /) -> int:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def scripted(*errnos: int, limit: int = 8) -> ConnectTransport:
    return ConnectTransport(limit, opener=lambda family: Scripted(list(errnos)))


@pytest.mark.parametrize("host", LOOPBACKS)
def test_open_ports_connect_and_closed_ones_refuse(transport: ConnectTransport, host: str) -> None:
    with ExitStack() as stack:
        endpoints = [(host, listener(stack, host)), (host, bound(stack, host)), (host, listener(stack, host))]
        found = gather(transport, begin(transport, endpoints), 3)
    assert found == {100: 0, 101: errno.ECONNREFUSED, 102: 0}
    assert transport.room() == 256


def test_both_families_and_several_hosts_go_in_one_batch(transport: ConnectTransport) -> None:
    with ExitStack() as stack:
        endpoints = [(host, listener(stack, host)) for host in ("127.0.0.2", "::1", "127.0.0.1")]
        endpoints += [(host, bound(stack, host)) for host in ("::1", "127.0.0.3")]
        found = gather(transport, begin(transport, endpoints), 5)
    assert list(map(found.get, range(100, 105))) == [0, 0, 0, errno.ECONNREFUSED, errno.ECONNREFUSED]


def test_an_outcome_has_its_time_and_round_trip(transport: ConnectTransport) -> None:
    ticks = iter(range(1000, 2000, 7))
    with ExitStack() as stack:
        sent = begin(transport, [("127.0.0.1", bound(stack, "127.0.0.1"))], 10**9, lambda: next(ticks))
    assert sent.outcomes.time_us.tolist() == [1007]
    assert sent.outcomes.rtt_us.tolist() == [7]
    assert sent.outcomes.errno.dtype == np.int32


def test_an_empty_batch_is_nothing(transport: ConnectTransport) -> None:
    sent = begin(transport, [], 0)
    assert sent.taken == 0
    assert len(sent.outcomes) == 0


def test_silence_is_not_told_and_its_socket_is_closed(transport: ConnectTransport) -> None:
    with ExitStack() as stack:
        port = silent(stack)
        deadline = now_us() + 50_000
        sent = begin(transport, [("127.0.0.1", port)], deadline)
        assert (sent.taken, len(sent.outcomes), transport.room()) == (1, 0, 255)
        told_meanwhile = [len(transport.receive(200_000, now_us)) for _ in range(2)]
        assert told_meanwhile == [0, 0]
        assert transport.room() == 256


def test_receive_waits_no_longer_than_it_may(transport: ConnectTransport) -> None:
    begun = now_us()
    assert len(transport.receive(30_000, now_us)) == 0
    assert 30_000 <= now_us() - begun < 5_000_000


def test_an_answer_found_at_the_deadline_still_counts() -> None:
    transport = scripted(errno.EINPROGRESS, errno.EALREADY, errno.ECONNREFUSED)
    begin(transport, [("127.0.0.1", 9)], 1000, lambda: 0)
    assert told(transport.receive(0, lambda: 1000)) == {100: errno.ECONNREFUSED}
    transport.close()


def test_deadlines_are_kept_one_by_one(transport: ConnectTransport) -> None:
    with ExitStack() as stack:
        port = silent(stack)
        for deadline in (3000, 1000, 2000):
            begin(transport, [("127.0.0.1", port)], deadline, lambda: 0)
        rooms = []
        for now in (999, 1000, 2500, 3000):
            transport.receive(0, at(now))
            rooms.append(transport.room())
    assert rooms == [253, 254, 255, 256]


def test_a_connection_is_reset_when_closed_and_leaves_no_time_wait(transport: ConnectTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = ("127.0.0.1", server.getsockname()[1])
        assert gather(transport, begin(transport, [endpoint]), 1) == {100: 0}
        server.settimeout(10)
        peer, _ = server.accept()
        with peer, pytest.raises(ConnectionResetError):
            peer.recv(1)


@pytest.mark.parametrize("host", LOOPBACKS)
def test_a_connect_that_meets_itself_is_a_refusal(host: str) -> None:
    with ExitStack() as stack:
        port = bound(stack, host)

    def same_port(family: int) -> socket.socket:
        sock = open_socket(family)
        sock.bind((host, port))
        return sock

    transport = ConnectTransport(8, opener=same_port)
    assert gather(transport, begin(transport, [(host, port)]), 1) == {100: errno.ECONNREFUSED}
    transport.close()


def test_a_refused_socket_serves_again() -> None:
    opened: list[socket.socket] = []

    def counted(family: int) -> socket.socket:
        opened.append(open_socket(family))
        return opened[-1]

    transport = ConnectTransport(8, opener=counted)
    with ExitStack() as stack:
        closed = [("127.0.0.1", bound(stack, "127.0.0.1")) for _ in range(20)]
        last = ("127.0.0.1", listener(stack, "127.0.0.1"))
        found = gather(transport, begin(transport, [*closed, last]), 21)
    assert list(found.values()) == [errno.ECONNREFUSED] * 20 + [0]
    assert len(opened) == (1 if connect._LINUX else 21)
    transport.close()
    assert {sock.fileno() for sock in opened} == {-1}


def test_no_more_are_begun_than_there_is_room_for() -> None:
    transport = scripted(errno.EINPROGRESS, errno.EALREADY, limit=3)
    sent = begin(transport, [("127.0.0.1", port) for port in range(1, 6)])
    assert (sent.taken, transport.room()) == (3, 0)
    assert begin(transport, [("127.0.0.1", 9)]).taken == 0
    transport.close()


@pytest.mark.parametrize(
    "number",
    [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.ENOPROTOOPT, errno.EACCES, errno.EPERM,
     errno.ECONNRESET, errno.EINVAL],
)  # fmt: skip
@pytest.mark.parametrize("before", [(), (errno.EINPROGRESS,), (errno.EINPROGRESS, errno.EALREADY)])
def test_what_the_network_says_is_an_outcome(number: int, before: tuple[int, ...]) -> None:
    transport = scripted(*before, number)
    assert gather(transport, begin(transport, [("127.0.0.1", 9)]), 1) == {100: number}
    assert transport.room() == 8
    transport.close()


@pytest.mark.parametrize("number", sorted(connect.OWN_SHORTAGE))
def test_a_shortage_at_connect_is_no_outcome_and_the_rest_is_offered_again(number: int) -> None:
    scripts = iter([[errno.ECONNREFUSED, number], [errno.ECONNREFUSED]])
    transport = ConnectTransport(8, opener=lambda family: Scripted(next(scripts)))
    endpoints = [("127.0.0.1", port) for port in (1, 2, 3)]
    sent = begin(transport, endpoints)
    assert sent.taken == 1
    assert told(sent.outcomes) == {100: errno.ECONNREFUSED}
    assert transport.room() == 0
    assert begin(transport, endpoints[1:]).taken == 0
    transport.receive(0, now_us)
    assert begin(transport, endpoints[1:]).taken == 2
    transport.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_a_shortage_of_sockets_is_no_outcome(number: int) -> None:
    def none_left(family: int) -> socket.socket:
        raise OSError(number, "none left")

    transport = ConnectTransport(8, opener=none_left)
    sent = begin(transport, [("127.0.0.1", 9)])
    assert (sent.taken, len(sent.outcomes), transport.room()) == (0, 0, 0)
    transport.receive(0, now_us)
    assert transport.room() == 8
    transport.close()


def test_a_shortage_that_does_not_end_stops_the_scan_with_one_line() -> None:
    transport = scripted(errno.ENOBUFS)
    for now in (0, 1_000_000, connect.PATIENCE_US):
        assert begin(transport, [("127.0.0.1", 9)], clock=at(now)).taken == 0
        transport.receive(0, lambda: 0)
    with pytest.raises(
        CannotScan, match=r"^this machine cannot open connections now: No buffer space available$"
    ):
        begin(transport, [("127.0.0.1", 9)], clock=lambda: connect.PATIENCE_US + 1)
    transport.close()


def test_without_a_source_address_the_network_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "_has_source", lambda endpoint, is_v4: False)
    transport = scripted(errno.EADDRNOTAVAIL)
    assert told(begin(transport, [("127.0.0.1", 9)]).outcomes) == {100: errno.ENETUNREACH}
    transport.close()


def test_a_source_address_is_found_for_the_loopback() -> None:
    assert connect._has_source(("127.0.0.1", 9), True)
    assert connect._has_source(("::1", 9), False)


def test_without_the_protocol_the_network_is_unreachable() -> None:
    def no_such_family(family: int) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")

    transport = ConnectTransport(8, opener=no_such_family)
    assert told(begin(transport, [("::1", 9)]).outcomes) == {100: errno.ENETUNREACH}
    transport.close()


class Queued(Scripted):
    """A socket whose error queue holds one ICMP error about `endpoint`."""

    def __init__(self, endpoint: tuple[str, int], number: int, origin: int = 2) -> None:
        super().__init__([errno.EINPROGRESS, errno.EALREADY])
        body = struct.pack("=I4B2I", number, origin, 3, 1, 0, 0, 0) + bytes(16)
        self.queue = [(b"", [(0, 11, body)], 0, endpoint)]

    def recvmsg(self, *sizes: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, tuple[str, int]]:
        if not self.queue:
            raise BlockingIOError
        return self.queue.pop()


def answers_of(sock: socket.socket) -> dict[int, int]:
    transport = ConnectTransport(8, opener=lambda family: sock)
    begin(transport, [("127.0.0.1", 9)])
    found = told(transport.receive(0, now_us))
    transport.close()
    return found


def test_an_icmp_error_in_the_queue_is_an_outcome_and_its_socket_is_not_used_again() -> None:
    sock = Queued(("127.0.0.1", 9), errno.ECONNREFUSED)
    assert answers_of(sock) == {100: errno.ECONNREFUSED}
    assert sock.fileno() == -1


@pytest.mark.parametrize(
    "sock",
    [
        pytest.param(lambda: Queued(("127.0.0.1", 8), errno.EHOSTUNREACH), id="about another port"),
        pytest.param(lambda: Queued(("127.0.0.2", 9), errno.EHOSTUNREACH), id="about another host"),
        pytest.param(lambda: Queued(("127.0.0.1", 9), errno.EMSGSIZE, origin=1), id="from this machine"),
    ],
)
def test_a_queued_error_about_something_else_changes_nothing(sock: Callable[[], socket.socket]) -> None:
    assert answers_of(sock()) == {}


def test_close_closes_everything_and_twice_is_once() -> None:
    transport = ConnectTransport(8)
    with ExitStack() as stack:
        begin(transport, [("127.0.0.1", silent(stack))])
        transport.close()
        transport.close()
    assert transport.room() == 0


def test_the_soft_limit_of_files_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        limit = raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(limit, hard), hard)
        assert limit > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_room_leaves_files_and_local_ports_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = ConnectTransport(10**6)
    assert 0 < transport.room() <= len(local_ports()) // 4
    transport.close()
    monkeypatch.setattr(connect, "raise_file_limit", lambda: 200)
    transport = ConnectTransport(10**6)
    assert 0 < transport.room() <= 200 - 200 // 4
    transport.close()
    monkeypatch.setattr(connect, "raise_file_limit", lambda: 100)
    monkeypatch.setattr(connect, "_open_files", lambda: 10)
    transport = ConnectTransport(10**6)
    assert transport.room() == 100 - 25 - 10  # a low limit leaves most of itself to the scan
    transport.close()


def test_local_ports_are_read_from_the_kernel_or_guessed(tmp_path: Path) -> None:
    path = tmp_path / "range"
    assert local_ports(path) == connect.EPHEMERAL_PORTS
    path.write_text("1024\t2047\n")
    assert local_ports(path) == range(1024, 2048)


REJECTS = {
    (4, 7003): ("icmp type port-unreachable", errno.ECONNREFUSED),
    (4, 7004): ("icmp type host-unreachable", errno.EHOSTUNREACH),
    (4, 7005): ("icmp type net-unreachable", errno.ENETUNREACH),
    (4, 7006): ("icmp type admin-prohibited", errno.EHOSTUNREACH),
    (4, 7007): ("icmp type prot-unreachable", errno.ENOPROTOOPT),
    (6, 7003): ("icmpv6 type port-unreachable", errno.ECONNREFUSED),
    (6, 7004): ("icmpv6 type addr-unreachable", errno.EHOSTUNREACH),
    (6, 7005): ("icmpv6 type no-route", errno.ENETUNREACH),
    (6, 7006): ("icmpv6 type admin-prohibited", errno.EACCES),
}


@pytest.mark.lab
@pytest.mark.parametrize("family", [4, 6])
def test_an_icmp_error_that_comes_while_connect_runs_is_not_lost(tmp_path: Path, family: int) -> None:
    """Over a veth pair it always does; the kernel's own answer would be a second later, or never."""
    host = {4: namespaces.THEM4, 6: namespaces.THEM6}[family]
    cases = {port: case for (of, port), case in REJECTS.items() if of == family}
    rules = [f"tcp dport {port} reject with {word}" for port, (word, _) in cases.items()]
    chain = "\n".join(["type filter hook input priority 0;", *rules])
    (tmp_path / "rules").write_text(f"table inet t {{\nchain input {{\n{chain}\n}}\n}}\n")
    with namespaces.pair() as pair:
        with pair.them.inside():
            namespaces.run(f"nft -f {tmp_path / 'rules'}")
            namespaces.run("sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        transport = ConnectTransport(64)
        assert gather(transport, begin(transport, [(host, 9)]), 1) == {100: errno.ECONNREFUSED}
        sent = begin(transport, [(host, port) for port in cases], now_us() + 900_000)
        found = told(sent.outcomes)
        while transport.room() < 64:
            found |= told(transport.receive(100_000, now_us))
        transport.close()
    assert found == {100 + n: number for n, (_, number) in enumerate(cases.values())}
