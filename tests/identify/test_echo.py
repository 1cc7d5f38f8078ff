"""A service that says back what it hears is no other service, whatever it is asked."""

from dataclasses import replace

import pytest
from tests.identify.script import PEER

from periplus.identify.catalogue import protocols
from periplus.identify.model import Over, Protocol
from periplus.identify.talk import DONE, NEED_DATA, Conversation, End, Say

ECHO_ITSELF = {"echo"}
ALL = [each for each in protocols() if each.name not in ECHO_ITSELF]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("protocol", ALL, ids=[f"{each.name}/{each.over.value}" for each in ALL])
def test_an_echo_is_not_taken_for_it(protocol: Protocol, tls: bool) -> None:
    talk = Conversation(protocol.talk(replace(PEER, tls=tls)), datagrams=protocol.over is Over.UDP)
    events = talk.start()
    for _ in range(30):
        if events[-1] is DONE:
            break
        said = b"".join(event.data for event in events if isinstance(event, Say))
        if events[-1] is not NEED_DATA:
            events = talk.ready()
            continue
        events = talk.feed(said) if said else talk.end(End.SILENT)
    talk.close()
    assert talk.known is None or talk.known.confidence < 0.7, talk.known
