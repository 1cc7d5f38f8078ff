"""The way to TLS within another protocol, walked on a connection that is for TLS alone.

`Protocol.upgrade` is the shortest talk that gets there; what it says beside is of no interest.
"""

from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import NoConnection, Stream
from periplus.identify.talk import NEED_DATA, Conversation, End, Event, Say, Secure, Talk

__all__ = ["walk"]


async def walk(stream: Stream, upgrade: Talk, limits: Limits) -> None:
    """Talk up to where TLS begins; raises NoConnection where the server does not go along.

    Where TLS is carried in packets, what the stream sends and receives from then on is.
    """
    talk = Conversation(upgrade)
    events = talk.start()
    try:
        while events[-1] is NEED_DATA:
            await _say(stream, events, limits)
            came = await stream.receive(limits.answer_s if talk.wait_s is None else talk.wait_s)
            events = talk.end(came) if isinstance(came, End) else talk.feed(came)
        await _say(stream, events, limits)
    finally:
        talk.close()
    last = events[-1]
    if not isinstance(last, Secure):
        raise NoConnection(f"no way to TLS: {talk.fault or 'it ended before'}")
    stream.pack(last.envelope)


async def _say(stream: Stream, events: list[Event], limits: Limits) -> None:
    for event in events:
        if isinstance(event, Say):
            await stream.send(event.data, limits.answer_s)
