"""Conversations by datagrams, with sockets on the loopback."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import cast

import pytest

from periplus.errors import BadReply
from periplus.findings import Way
from periplus.identify.driver.datagram import MOST_TURNS, Asking, is_answer
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import MOST_KEPT
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.service import Attempt
from periplus.identify.talk import End, Ended, Known, Say, Secured, Some, Talk, Told, Unsealed
from periplus.identify.tls.client import Handshake

LOCAL = "127.0.0.1"
HASTY = Limits(datagram_s=0.2, talk_s=3.0)
Answers = Callable[[bytes, int], list[bytes]]


class _Server(asyncio.DatagramProtocol):
    """Answers by a function of the datagram and of how many came before it."""

    def __init__(self, answers: Answers, elsewhere: asyncio.DatagramTransport | None) -> None:
        self.answers, self.elsewhere = answers, elsewhere
        self.got: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.got.append(data)
        for each in self.answers(data, len(self.got) - 1):
            (self.elsewhere or self.transport).sendto(each, addr)


@asynccontextmanager
async def serving(answers: Answers, elsewhere: bool = False) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve; gives the port and what comes there."""
    loop = asyncio.get_running_loop()
    other = None
    if elsewhere:
        other, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (LOCAL, 0))
    transport, server = await loop.create_datagram_endpoint(
        lambda: _Server(answers, other), local_addr=(LOCAL, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], server.got
    finally:
        transport.close()
        if other:
            other.close()


def two_questions(peer: Peer) -> Talk:
    """A talk of a name and a version."""
    yield Say(b"who?")
    name = yield Some()
    if not name.startswith(b"I am "):
        raise BadReply("it does not say who it is")
    yield Known(0.9, "says who it is")
    yield Told(product=name[5:].decode())
    yield Say(b"which?")
    yield Told(version=(yield Some()).decode())


def protocol(
    name: str = "who", *, elsewhere: bool = False, talk: Callable[[Peer], Talk] = two_questions
) -> Protocol:
    return Protocol(
        name=name, title="Who", source="this test", talk=talk, over=Over.UDP, rarity=1, elsewhere=elsewhere,
        looks=lambda data: 0.9 if data.startswith(b"I am ") else 0.0,
    )  # fmt: skip


def politely(data: bytes, before: int) -> list[bytes]:
    return {b"who?": [b"I am Bob"], b"which?": [b"1.2"]}.get(data, [])


def ask(
    answers: Answers,
    elsewhere: bool = False,
    expects: bool | None = None,
    asked: tuple[bytes, ...] = (),
    heard: tuple[bytes, ...] = (),
    talk: Callable[[Peer], Talk] = two_questions,
) -> tuple[Attempt, list[bytes]]:
    """Ask a server; give the attempt and what the server got. `expects`: whether the talk reckons with elsewhere."""

    async def run() -> tuple[Attempt, list[bytes]]:
        async with serving(answers, elsewhere) as (port, got):
            what = protocol(elsewhere=elsewhere if expects is None else expects, talk=talk)
            asking = Asking(what, Peer(LOCAL, port), HASTY, lambda: time.monotonic() * 1e3)
            asking.asked, asking.heard = asked, heard
            return await asking.run(), got

    return asyncio.run(run())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_conversation(elsewhere: bool) -> None:
    attempt, got = ask(politely, elsewhere)
    assert got == [b"who?", b"which?"]
    assert [each.product or each.version for each in attempt.told] == ["Bob", "1.2"]
    assert [(each.way, each.data) for each in attempt.passages] == [
        (Way.OURS, b"who?"), (Way.THEIRS, b"I am Bob"), (Way.OURS, b"which?"), (Way.THEIRS, b"1.2"),
    ]  # fmt: skip


def test_answers_from_elsewhere_count_only_where_they_are_usual() -> None:
    attempt, _ = ask(politely, elsewhere=True, expects=False)
    assert attempt.known is None
    assert attempt.heard == b""


def test_a_lost_datagram_is_sent_again() -> None:
    attempt, got = ask(lambda data, before: politely(data, before) if before else [])
    assert got == [b"who?", b"who?", b"which?"]
    assert attempt.known is not None


def test_silence_ends_it() -> None:
    attempt, got = ask(lambda data, before: [])
    assert (got, attempt.known, attempt.problem) == ([b"who?"] * 2, None, "the peer silent")


def test_what_was_known_stays_though_silence_follows() -> None:
    attempt, _ = ask(lambda data, before: politely(data, before) if data == b"who?" else [])
    assert attempt.known is not None
    assert attempt.problem == "the peer silent"


def test_a_talk_without_end_has_one() -> None:
    def endless(peer: Peer) -> Talk:
        while True:
            yield Say(b"who?")
            yield Some()

    async def run() -> Attempt:
        async with serving(lambda data, before: [b"I am Bob"]) as (port, _):
            return await Asking(protocol(talk=endless), Peer(LOCAL, port), HASTY, lambda: 0.0).run()

    passages = asyncio.run(run()).passages
    assert [each.way for each in passages] == [Way.OURS, Way.THEIRS] * MOST_TURNS + [Way.OURS]


def test_what_is_sealed_is_not_said_again_by_us() -> None:
    def patient(peer: Peer) -> Talk:
        yield Say(b"one", sealed=True)
        yield Say(b"two")
        with suppress(Ended):
            yield Some(wait_s=0.01)
        yield Say(b"three", sealed=True)
        yield Some(wait_s=0.01)

    async def run() -> list[bytes]:
        async with serving(lambda data, before: []) as (port, _):
            attempt = await Asking(protocol(talk=patient), Peer(LOCAL, port), HASTY, lambda: 0.0).run()
            return [each.data for each in attempt.passages]

    assert asyncio.run(run()) == [
        b"> 3 bytes, encrypted", b"two", b"two", b"> 5 bytes, encrypted",
    ]  # fmt: skip


def test_what_was_sealed_is_kept_as_the_talk_tells_it() -> None:
    def secret(peer: Peer) -> Talk:
        yield Say(b"who?")
        yield Some()
        yield Say(b"which?", sealed=True)
        yield Some()
        yield Secured(Handshake("TLSv1.3", "SUITE", None, (), None, b""))
        yield Unsealed(Way.THEIRS, b"1.2, in truth")
        yield Known(0.9, "told")

    async def run() -> Attempt:
        async with serving(politely) as (port, _):
            asking = Asking(protocol(talk=secret), Peer(LOCAL, port), HASTY, lambda: 0.0)
            return await replace(asking, facts=lambda handshake: {"cipher": handshake.cipher}).run()

    attempt = asyncio.run(run())
    assert [(each.way, each.data) for each in attempt.passages] == [
        (Way.OURS, b"who?"), (Way.THEIRS, b"I am Bob"),
        (Way.NOTE, b"> 6 bytes, encrypted"), (Way.NOTE, b"< 3 bytes, encrypted"),
        (Way.NOTE, b"TLSv1.3 SUITE"), (Way.THEIRS, b"1.2, in truth"),
    ]  # fmt: skip
    assert attempt.heard == b"I am Bob1.2, in truth"
    assert attempt.tls == {"cipher": "SUITE"}


def test_of_a_long_conversation_the_beginning_is_kept() -> None:
    def long(peer: Peer) -> Talk:
        for _ in range(4):
            yield Say(b"who?")
            yield Some()

    attempt, _ = ask(lambda data, before: [bytes(30_000)], talk=long)
    assert [len(each.data) for each in attempt.passages] == [4, 30_000, 4, 30_000, 4, MOST_KEPT - 60_012]


def test_a_closed_port_is_noted() -> None:
    async def run() -> Attempt:
        async with serving(politely) as (port, _):
            pass
        return await Asking(protocol(), Peer(LOCAL, port), HASTY, lambda: 0.0).run()

    attempt = asyncio.run(run())
    assert (attempt.passages[-1].way, attempt.passages[-1].data) == (Way.NOTE, b"Connection refused")


def test_what_was_heard_already_is_not_asked_again() -> None:
    attempt, got = ask(politely, asked=(b"x", b"who?"), heard=(b"I am Alice",))
    assert got == [b"which?"]
    assert [each.product or each.version for each in attempt.told] == ["Alice", "1.2"]
    assert [each.data for each in attempt.passages if each.way is Way.NOTE] == [b"asked by the port scan"]


def test_what_was_heard_in_answer_to_a_later_question_is_its_answer() -> None:
    attempt, got = ask(politely, asked=(b"which?", b"who?"), heard=(b"2.0",))
    assert got == [b"who?"]
    assert [each.product or each.version for each in attempt.told] == ["Bob", "2.0"]
    assert [each.data for each in attempt.passages] == [
        b"who?", b"I am Bob", b"asked by the port scan", b"which?", b"2.0",
    ]  # fmt: skip


@pytest.mark.parametrize(("asked", "heard"), [((b"other?",), (b"I am Alice",)), ((b"who?",), (b"2.0",))])
def test_what_was_heard_in_answer_to_something_else_is_none(
    asked: tuple[bytes, ...], heard: tuple[bytes, ...]
) -> None:
    attempt, got = ask(politely, asked=asked, heard=heard)
    assert got == [b"who?", b"which?"]
    assert [each.product or each.version for each in attempt.told] == ["Bob", "1.2"]


def test_what_was_heard_is_an_answer_once() -> None:
    def same(peer: Peer) -> Talk:
        for _ in range(2):
            yield Say(b"who?")
            yield Told(product=(yield Some()).decode())

    attempt, got = ask(politely, asked=(b"who?",), heard=(b"I am Alice",), talk=same)
    assert [each.product for each in attempt.told] == ["I am Alice", "I am Bob"]
    assert got == [b"who?"]


def test_only_a_talk_that_says_one_thing_and_waits_is_given_it() -> None:
    def says_twice(peer: Peer) -> Talk:
        yield Say(b"who?")
        yield Say(b"which?")
        yield Told(product=(yield Some()).decode())

    attempt, got = ask(politely, asked=(b"who?", b"which?"), heard=(b"I am Alice",), talk=says_twice)
    assert [each.product for each in attempt.told] == ["I am Bob"]
    assert got[:2] == [b"who?", b"which?"]


def test_what_is_an_answer_depends_on_what_came_before() -> None:
    what, peer = protocol(), Peer(LOCAL, 9)
    assert is_answer(what, peer, [], b"I am Alice")
    assert not is_answer(what, peer, [], b"1.2")
    assert is_answer(what, peer, [b"I am Bob"], b"1.2")
    assert not is_answer(what, peer, [End.SILENT], b"I am Alice")
