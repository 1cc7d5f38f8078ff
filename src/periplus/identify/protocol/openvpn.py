"""OpenVPN over UDP and TCP: a client's hard reset, answered by the server's, or silence.

The OpenVPN protocol, control channel packets (openvpn.net, RFC draft of the wire protocol). Nothing is encrypted so
far, and no TLS is begun.

Identified by the server's hard reset, most surely when it acknowledges our packet of our session.

Limits: with ``tls-auth`` or ``tls-crypt`` a server drops what is not signed with its key, and looks closed or silent.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Exactly, Known, Say, Talk, Told
from periplus.payload.openvpn import PAYLOADS, SESSION

__all__ = ["PROTOCOLS", "answer_untrusted"]

HARD_RESET_SERVER_V2, ACKNOWLEDGEMENT = 8 << 3, 5 << 3
MOST_ACKS = 8
MOST_PACKET = 1_500


def answer_untrusted(data: bytes) -> Answered:
    """Read the server's hard reset; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) != HARD_RESET_SERVER_V2:
        raise BadReply("no hard reset of an OpenVPN server")
    session, acks = cursor.take(8), cursor.number(1)
    if not 0 < acks <= MOST_ACKS:
        raise BadReply("it acknowledges nothing")
    acked = [cursor.number(4) for _ in range(acks)]
    if cursor.take(8) != SESSION or 0 not in acked or cursor.left < 4:
        raise BadReply("it acknowledges nothing of our session")
    return Answered(
        0.98, "acknowledged our session", Told(product="OpenVPN", detail={"session": session.hex()})
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Say and read one packet, each behind its length."""
    data = PAYLOADS[0].data
    yield Say(len(data).to_bytes(2, "big") + data)
    length = int.from_bytes((yield Exactly(2)), "big")
    if not 1 + 8 + 1 <= length <= MOST_PACKET:
        raise BadReply("no packet of OpenVPN")
    found = answer_untrusted((yield Exactly(length)))
    yield Known(found.confidence, found.why)
    yield found.told


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOLS = (
    Protocol(
        name="openvpn",
        title="OpenVPN",
        source="OpenVPN protocol",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(1194, 1195, 1196),
        rarity=5,
    ),
    Protocol(
        name="openvpn",
        title="OpenVPN",
        source="OpenVPN protocol",
        talk=talk_untrusted,
        ports=(1194, 943, 443),
        rarity=7,
    ),
)
