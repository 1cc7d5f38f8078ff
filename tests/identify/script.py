"""Plays a written exchange to a talk, in three feedings, and gives what came of it.

A script is a list of lines: ``("<", bytes)`` what the peer says, ``(">", bytes)`` what the talk must say (None:
something), ``("tls", b"")`` and ``("afresh", b"")`` what it must ask for, ``("end", b"closed")`` how the peer ends. A
script that ends before the talk does is followed by silence.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache

from periplus.data import signature_texts
from periplus.errors import BadReply
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.service import Attempt, Service, service_of
from periplus.identify.signature import Signatures, read_signatures
from periplus.identify.talk import DONE, NEED_DATA, Afresh, Conversation, End, Event, Say, Secure, Talk

Line = tuple[str, bytes | None]
PEER = Peer("198.18.0.1", 4711, nonce=bytes(range(64)))


@cache
def shipped() -> Signatures:
    """All signatures of the program."""
    return Signatures(each for text in signature_texts().values() for each in read_signatures(text))


def play(protocol: Protocol, script: Iterable[Line], peer: Peer = PEER) -> Service:
    """Play a script; raises AssertionError where the talk departs from it or the feedings differ."""
    lines = list(script)
    sizes = (None,) if protocol.over is Over.UDP else (None, 1, 7)
    outcomes = [_outcome(protocol, lines, size, peer) for size in sizes]
    assert all(each == outcomes[0] for each in outcomes), "the feedings differ"
    return service_of(peer.address, peer.port, protocol.over, [outcomes[0]], shipped())


def _outcome(protocol: Protocol, lines: list[Line], size: int | None, peer: Peer) -> Attempt:
    talk = Conversation(protocol.talk(peer), datagrams=protocol.over is Over.UDP)
    events = talk.start()
    for what, data in lines:
        if what == "<":
            assert data is not None
            for piece in pieces(data, size):
                events = [*_unsaid(events), *talk.feed(piece)]
        elif what == ">":
            said = [event for event in events if isinstance(event, Say)]
            assert said, f"nothing is said where {data!r} should be"
            assert data is None or said[0].data == data
            events.remove(said[0])
        elif what == "end":
            assert data is not None
            events = [*_unsaid(events), *talk.end(End(data.decode()))]
        else:
            assert isinstance(events[-1], {"tls": Secure, "afresh": Afresh}[what]), (what, events)
            events = talk.ready()
    while events[-1] is not DONE:
        assert not isinstance(events[-1], Secure | Afresh), "the script does not go on"
        events = [*_unsaid(events), *talk.end(End.SILENT)]
    said_after = [event for event in events if isinstance(event, Say)]
    assert not said_after, f"the script does not have {said_after}"
    return Attempt(protocol, talk.known, tuple(talk.told), problem=str(talk.fault) if talk.fault else None)


def pieces(data: bytes, size: int | None) -> Iterator[bytes]:
    """Cut data into pieces of a size; None: leave it whole."""
    step = size or max(len(data), 1)
    yield from (data[at : at + step] for at in range(0, max(len(data), 1), step))


def _unsaid(events: list[Event]) -> list[Event]:
    """What the talk said and the script has not come to."""
    return [event for event in events if isinstance(event, Say)]


def exhaust(talk: Talk, data: bytes, datagrams: bool = False) -> None:
    """Feed a talk these bytes again and again, and end it: nothing but a BadReply may come of it."""
    conversation = Conversation(talk, datagrams=datagrams)
    events = conversation.start()
    for _ in range(8):
        waits = events[-1] is NEED_DATA
        events = (
            conversation.feed(data) if waits else conversation.ready() if not conversation.done else events
        )
    while not conversation.done:
        waits = events[-1] is NEED_DATA
        events = conversation.end(End.CLOSED) if waits else conversation.ready()


def survive(data: bytes, *parsers: Callable[[bytes], object]) -> None:
    """Parsers may raise `BadReply` about any bytes, and nothing else."""
    for parse in parsers:
        with suppress(BadReply):
            parse(data)
