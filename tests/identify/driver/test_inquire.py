"""Finding out who answers at a UDP port: order, what was heard before, bounds."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from tests.identify.driver.test_datagram import HASTY, LOCAL, Answers, politely, protocol, serving

from periplus.identify.driver.driver import Driver, Port, Session
from periplus.identify.driver.limits import Limits
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.service import Came, Service
from periplus.identify.signature import Signatures
from periplus.identify.talk import Known, Say, Some, Talk

WHO = protocol()


def other(name: str, question: bytes, confidence: float = 0.9, known: bytes = b"yes") -> Protocol:
    """A protocol that one word shows."""

    def talk(peer: Peer) -> Talk:
        yield Say(question)
        if (yield Some()) == known:
            yield Known(confidence, f"said {known!r}")

    return replace(WHO, name=name, talk=talk, looks=lambda data: 0.5 if data == known else 0.0)


def identify(
    known: Sequence[Protocol], answers: Answers, asked: tuple[bytes, ...] = (), heard: tuple[bytes, ...] = (),
    limits: Limits = HASTY,
) -> tuple[Service, list[bytes]]:  # fmt: skip
    """Identify one port; give the service and what the server got."""

    async def run() -> tuple[Service, list[bytes]]:
        async with serving(answers) as (port, got):
            driver = Driver(
                known,
                Signatures(),
                lambda: time.monotonic() * 1e3,
                lambda: bytes(64),
                lambda stream, peer, audit: {},
                limits,
            )
            service = await Session(driver).service(Port(LOCAL, port, Over.UDP, asked=asked, heard=heard))
            return service, got

    return asyncio.run(run())


def test_the_rest_is_asked_until_one_is_sure() -> None:
    many = [other(f"no-{number}", b"no?") for number in range(9)]
    service, got = identify([*many[:2], WHO, *many[2:]], politely)
    assert (service.protocol, service.product, service.version) == ("who", "Bob", "1.2")
    assert got.count(b"no?") <= 4 * HASTY.datagram_tries  # those beside it, of which one more might follow


def test_a_heard_answer_is_the_first_answer_of_whom_it_looks_like() -> None:
    service, got = identify([other("no", b"no?"), WHO], politely, (b"x", b"who?"), (b"I am Alice",))
    assert (service.protocol, service.product, service.version) == ("who", "Alice", "1.2")
    assert got == [b"which?"]


def test_what_was_heard_may_answer_all_questions() -> None:
    heard = (b"2.0", b"I am Alice")
    service, got = identify([other("no", b"no?"), WHO], politely, (b"which?", b"who?"), heard)
    assert (service.protocol, service.product, service.version, got) == ("who", "Alice", "2.0", [])


def test_a_heard_answer_to_another_question_only_says_whom_to_ask_first() -> None:
    service, got = identify([other("no", b"no?"), WHO], politely, (b"other?",), (b"I am Alice",))
    assert (service.product, got) == ("Bob", [b"who?", b"which?"])


def test_a_heard_answer_that_the_talk_does_not_take_is_asked_for_anew() -> None:
    said = replace(WHO, looks=lambda data: 0.5)
    service, got = identify([said], politely, (b"who?",), (b"what I said to another question",))
    assert (service.product, got) == ("Bob", [b"who?", b"which?"])


def test_an_answer_that_looks_like_another_protocol_leads_there() -> None:
    late = replace(other("late", b"late?"), rarity=9)
    service, got = identify([WHO, late], lambda data, before: [b"yes"])
    assert service.protocol == "late"
    assert got == [b"who?", b"late?"]


def test_who_says_what_nobody_understands_is_unknown_and_who_is_silent_is_silent() -> None:
    assert identify([WHO], lambda data, before: [b"hm"])[0].came is Came.UNKNOWN
    assert identify([WHO], lambda data, before: [])[0].came is Came.SILENT


def test_the_time_for_a_port_has_an_end() -> None:
    many = [other(f"no-{number}", b"no?") for number in range(40)]
    limits = replace(HASTY, port_s=0.3)
    service, got = identify(many, lambda data, before: [], limits=limits)
    assert "asking this port took too long" in service.problems
    assert len(got) <= 8


def test_a_mistake_of_ours_costs_one_attempt() -> None:
    def talk(peer: Peer) -> Talk:
        yield Say(b"x")
        raise ZeroDivisionError

    service, _ = identify([replace(WHO, name="broken", talk=talk), WHO], politely)
    assert service.protocol == "who"
