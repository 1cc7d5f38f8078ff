"""Finding out who answers at one UDP port: each likely protocol's question, and what its answer looks like.

One socket a conversation, connected, so that ICMP errors end it and strangers' datagrams do not count. A question is
repeated when nothing comes, as datagrams get lost. What the port scan already heard is looked at first.
"""

import asyncio
from collections.abc import Callable
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket

from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import Clock, Opener
from periplus.identify.model import Peer, Protocol
from periplus.identify.service import Attempt, Passage, Way
from periplus.identify.talk import DONE, Conversation, End, Say

__all__ = ["MOST_DATAGRAM", "ask", "plain_datagrams"]

MOST_DATAGRAM = 65_535
MOST_UNANSWERED = 64  # datagrams that one conversation may take; a talk wants a few


def plain_datagrams(family: int) -> socket:
    """Return a UDP socket on which nothing is set."""
    return socket(family, SOCK_DGRAM)


async def ask(
    protocol: Protocol, peer: Peer, limits: Limits, now_ms: Clock, opener: Opener = plain_datagrams
) -> Attempt:
    """Carry out one protocol's talk by datagrams, over a socket of the opener."""
    talk = Conversation(protocol.talk(peer), datagrams=True)
    began_ms = now_ms()
    passages: list[Passage] = []
    with opener(AF_INET6 if ":" in peer.address else AF_INET) as sock:
        try:
            sock.setblocking(False)
            sock.connect((peer.address, peer.port))
            async with asyncio.timeout(limits.talk_s):
                await _carry_out(
                    talk,
                    sock,
                    limits,
                    lambda way, data: passages.append(Passage(way, data, now_ms() - began_ms)),
                )
        except TimeoutError:
            pass
        except OSError as error:
            passages.append(Passage(Way.NOTE, str(error.strerror or error).encode(), now_ms() - began_ms))
    talk.close()
    problem = str(talk.fault) if talk.fault else None
    return Attempt(protocol, talk.known, tuple(talk.told), tuple(passages), problem=problem)


async def _carry_out(
    talk: Conversation, sock: socket, limits: Limits, keep: Callable[[Way, bytes], None]
) -> None:
    events = talk.start()
    for _ in range(MOST_UNANSWERED):
        said = [event.data for event in events if isinstance(event, Say)]
        if events[-1] is DONE:
            return
        answer = await _exchange(sock, said, talk.wait_s or limits.datagram_s, limits.datagram_tries, keep)
        events = talk.end(End.SILENT) if answer is None else talk.feed(answer)


async def _exchange(
    sock: socket, said: list[bytes], wait_s: float, tries: int, keep: Callable[[Way, bytes], None]
) -> bytes | None:
    """Send what is to be sent, again if nothing comes; return the next datagram."""
    loop = asyncio.get_running_loop()
    for _ in range(tries if said else 1):
        for data in said:
            keep(Way.OURS, data)
            await loop.sock_sendall(sock, data)
        try:
            async with asyncio.timeout(wait_s):
                answer = await loop.sock_recv(sock, MOST_DATAGRAM)
        except TimeoutError:
            continue
        keep(Way.THEIRS, answer)
        return answer or b"\0"
    return None
