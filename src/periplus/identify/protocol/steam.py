"""Source and GoldSrc game servers: A2S_INFO, with the challenge that newer servers want back.

Valve, server queries (developer.valvesoftware.com).

Identified by the answer's header and a name, map, folder and game behind it.
"""

from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told
from periplus.payload.steam import OUT_OF_BAND, PAYLOADS

__all__ = ["PROTOCOL", "info_untrusted", "looks_untrusted"]

INFO = next(each.data for each in PAYLOADS if each.service == "source-engine")
CHALLENGE, ANSWER = OUT_OF_BAND + b"A", OUT_OF_BAND + b"I"
SYSTEMS = {"l": "Linux", "w": "Windows", "m": "macOS", "o": "macOS"}


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    if data.startswith(CHALLENGE) and len(data) == len(CHALLENGE) + 4:
        return 0.8
    return 0.95 if data.startswith(ANSWER) and data.count(b"\0") >= 4 else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the facts, with the challenge if one is wanted."""
    yield Say(INFO)
    answer = yield Some()
    if answer.startswith(CHALLENGE) and len(answer) == len(CHALLENGE) + 4:
        yield Known(0.8, "a challenge to A2S_INFO")
        yield Say(INFO + answer[len(CHALLENGE) :])
        answer = yield Some()
    told = info_untrusted(answer)
    yield Known(0.97, "an answer to A2S_INFO")
    yield told


def info_untrusted(data: bytes) -> Told:
    """Return what a server says of itself; raises BadReply."""
    cursor = Cursor(data)
    cursor.expect(ANSWER, "answer to A2S_INFO")
    protocol = cursor.number(1)
    name, where, folder, game = (cursor.text() for _ in range(4))
    app, players, most = cursor.number(2, "little"), cursor.number(1), cursor.number(1)
    cursor.take(2)
    system = chr(cursor.number(1)).lower()
    cursor.take(2)
    version = cursor.text()
    detail: dict[str, Detail] = {
        "protocol": protocol,
        "name": name,
        "map": where,
        "folder": folder,
        "game": game,
    }
    detail |= {"app": app, "players": players, "max": most, "version": version}
    return Told(
        texts={"a2s.folder": folder},
        version=version or None,
        info=game or None,
        os=SYSTEMS.get(system),
        detail=detail,
    )


PROTOCOL = Protocol(
    name="a2s",
    title="Source engine server query",
    source="Valve, server queries",
    talk=talk_untrusted,
    looks=looks_untrusted,
    over=Over.UDP,
    ports=(27015, 27016, 27017, 2303, 2456, 2457, 7777),
    rarity=7,
)
