"""Every protocol: what it must have, that no peer's bytes break it, and that none is taken for another."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, play

from periplus.identify.catalogue import protocols
from periplus.identify.driver.datagram import is_answer
from periplus.identify.model import MOST_RARE, First, Over, Protocol
from periplus.identify.order import by_looks
from periplus.identify.talk import DONE, NEED_DATA, Conversation, End, Say, Told
from periplus.payload.catalogue import by_port

ALL = protocols()
HERE = Path(__file__).parent / "protocol"
IDS = [f"{each.name}/{each.over.value}" for each in ALL]
Exchange = tuple[Protocol, str, list[Line]]


def exchanges() -> Iterator[Exchange]:
    """Every script of every protocol's test: `SCRIPTS` of its `PROTOCOL`, and `MORE_SCRIPTS` of others."""
    for path in sorted(HERE.glob("test_*.py")):
        module = import_module(f"tests.identify.protocol.{path.stem}")
        for name, script in getattr(module, "SCRIPTS", {}).items():
            yield module.PROTOCOL, name, script
        for protocol, scripts in getattr(module, "MORE_SCRIPTS", ()):
            yield from ((protocol, name, script) for name, script in scripts.items())


CARRIERS = {"http": b"HTTP/"}  # what others run over: to be sure of it is right there
MOST_WRONG = 0.8  # how sure a talk may be of what is not its protocol
SCRIPTED = list(exchanges())
SAID = [
    (protocol, [data for what, data in script if what == "<" and data]) for protocol, _, script in SCRIPTED
]


def test_names_are_unique() -> None:
    assert len({(each.name, each.over) for each in ALL}) == len(ALL)


@pytest.mark.parametrize("protocol", ALL, ids=IDS)
def test_what_a_protocol_must_have(protocol: Protocol) -> None:
    assert protocol.name == protocol.name.lower()
    assert protocol.title
    assert protocol.source
    assert 1 <= protocol.rarity <= MOST_RARE
    assert all(0 < port < 65_536 for port in (*protocol.ports, *protocol.tls_ports))


def test_every_protocol_has_an_exchange() -> None:
    scripted = {(protocol.name, protocol.over) for protocol, _, _ in SCRIPTED}
    assert {(each.name, each.over) for each in ALL} - scripted == set()


def outlive(protocol: Protocol, said: list[bytes]) -> list[Told]:
    """Feed a talk, and then go silent until it ends; what it told."""
    talk_untrusted = protocol.talk
    talk = Conversation(talk_untrusted(PEER), datagrams=protocol.over is Over.UDP)
    events = talk.start()
    waiting = iter(said)
    for _ in range(1000):
        if events[-1] is DONE:
            return talk.told
        data = next(waiting, None) if events[-1] is NEED_DATA else b""
        if events[-1] is not NEED_DATA:
            events = talk.ready()
        else:
            events = talk.end(End.SILENT) if data is None else talk.feed(data)
    raise AssertionError(f"{protocol.name} has no end")


def asked_in_turn(script: list[Line]) -> list[tuple[list[bytes | End], bytes, bytes]]:
    """The questions of a talk: what had come before, the question, and its answer (nothing: none)."""
    came: list[bytes | End] = []
    found: list[tuple[list[bytes | End], bytes, bytes]] = []
    for (what, said), (next_what, answer) in pairwise([*script, ("end", b"silent")]):
        if what == ">" and said:
            found.append((list(came), said, answer or b"" if next_what == "<" else b""))
            came.append((answer or b"") if next_what == "<" else End.SILENT)
    return found


@pytest.mark.parametrize(
    ("protocol", "script"),
    [(protocol, script) for protocol, _, script in SCRIPTED if protocol.over is Over.UDP],
    ids=[f"{protocol.name}/{name}" for protocol, name, _ in SCRIPTED if protocol.over is Over.UDP],
)
def test_the_answer_to_one_payload_of_a_port_is_not_taken_for_that_to_another(
    protocol: Protocol, script: list[Line]
) -> None:
    """The scan may have heard any of them first; an earlier question must not be left out for that."""
    sent = [
        {each.data for each in some} for port, some in by_port(careful=True).items() if port in protocol.ports
    ]
    turns = asked_in_turn(script)
    for row, (_, question, answer) in enumerate(turns):
        for came, earlier, _ in turns[:row]:
            if answer and earlier != question and any({earlier, question} <= some for some in sent):
                assert not is_answer(protocol, PEER, came, answer), (earlier, question)


@given(st.sampled_from(ALL), st.lists(st.binary(max_size=80), max_size=6))
def test_any_bytes_end_a_talk(protocol: Protocol, said: list[bytes]) -> None:
    talk_untrusted, looks_untrusted = outlive, protocol.looks
    talk_untrusted(protocol, said)
    assert all(0 <= looks_untrusted(each) <= 1 for each in said)


@given(st.sampled_from(SAID), st.integers(0), st.integers(0, 255), st.integers(0, 3))
def test_damaged_exchanges_end_a_talk(
    exchange: tuple[Protocol, list[bytes]], at: int, byte: int, how: int
) -> None:
    protocol, said = exchange
    if not said:
        return
    row = at % len(said)
    data = bytearray(said[row])
    spot = at // len(said) % (len(data) + 1)
    if how == 0:
        del data[spot:]
    elif how == 1:
        data[spot:spot] = bytes([byte]) * 4
    else:
        data[spot : spot + 1] = bytes([byte])
    outlive(protocol, [*said[:row], bytes(data), *said[row + 1 :]])


def believed(protocol: Protocol, answers: Iterator[bytes], echo: bool = False) -> float:
    """How sure a talk becomes by these answers to whatever it asks, or by its own words."""
    talk = Conversation(protocol.talk(PEER), datagrams=protocol.over is Over.UDP)
    events = talk.start()
    for _ in range(100):
        said = b"".join(event.data for event in events if isinstance(event, Say))
        if events[-1] is DONE:
            break
        answer = said if echo else next(answers, b"")
        if events[-1] is not NEED_DATA:
            events = talk.ready()
        else:
            events = talk.feed(answer) if answer else talk.end(End.CLOSED)
    return talk.known.confidence if talk.known else 0.0


Upgrade = tuple[Protocol, list[Line]]
UPGRADES: list[Upgrade] = [
    (replace(protocol, talk=protocol.upgrade or protocol.talk), script)
    for path in sorted(HERE.glob("test_*.py"))
    for protocol, script in getattr(import_module(f"tests.identify.protocol.{path.stem}"), "UPGRADES", ())
]


@pytest.mark.parametrize("upgrade", UPGRADES, ids=lambda each: each[0].name)
def test_the_way_to_tls_is_walked_as_its_script_says(upgrade: Upgrade) -> None:
    protocol, script = upgrade
    assert bool(play(protocol, script).problems) is (script[-1][0] != "tls")


def test_who_begins_tls_within_a_talk_has_a_way_there() -> None:
    begins = {protocol.name for protocol, _, script in SCRIPTED if ("tls", b"") in script}
    walked = {protocol.name for protocol, script in UPGRADES if script[-1][0] == "tls"}
    assert begins <= walked
    assert {each.name for each in ALL if each.upgrade} == walked


@given(st.sampled_from(UPGRADES), st.lists(st.binary(max_size=80), max_size=6))
def test_any_bytes_end_the_way_to_tls(upgrade: Upgrade, said: list[bytes]) -> None:
    protocol, script = upgrade
    upgrade_untrusted = outlive
    upgrade_untrusted(protocol, said)
    upgrade_untrusted(protocol, [*(data for what, data in script if what == "<" and data)][:1] + said)


def greetings() -> list[tuple[Protocol, str, bytes]]:
    """What servers say first that are known by their scripts; other scripts show who is not."""
    return [
        (protocol, name, said[0])
        for (protocol, name, script), (_, said) in zip(SCRIPTED, SAID, strict=True)
        if protocol.first is First.SERVER and script[0][0] == "<" and believed(protocol, iter(said))
    ]


@pytest.mark.parametrize(
    ("protocol", "name", "data"), greetings(), ids=lambda each: str(getattr(each, "name", ""))[:20]
)
def test_a_greeting_looks_like_its_own_protocol_most(protocol: Protocol, name: str, data: bytes) -> None:
    looks = [(sure, each) for sure, each in by_looks(ALL, data) if each.over is protocol.over]
    others = [(sure, each.name) for sure, each in looks if each is not protocol]
    own = next((sure for sure, each in looks if each is protocol), 0.0)
    assert all(sure < own for sure, _ in others), (name, own, others)


@pytest.mark.parametrize(
    "protocol",
    [each for each in ALL if each.name != "echo"],
    ids=lambda each: f"{each.name}/{each.over.value}",
)
def test_no_protocol_takes_an_echo_for_itself(protocol: Protocol) -> None:
    assert believed(protocol, iter(()), echo=True) <= MOST_WRONG


@pytest.mark.parametrize("protocol", ALL, ids=IDS)
def test_no_protocol_is_sure_of_what_others_say(protocol: Protocol) -> None:
    carried = CARRIERS.get(protocol.name)
    wrong = {
        (other.name, name): sure
        for (other, name, _), (_, said) in zip(SCRIPTED, SAID, strict=True)
        if other.name != protocol.name and other.over is protocol.over
        if not (carried and said and said[0].startswith(carried))
        if (sure := believed(protocol, iter(said))) > MOST_WRONG
    }
    assert wrong == {}
