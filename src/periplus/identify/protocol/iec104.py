"""IEC 60870-5-104: the test of the link, which is confirmed. No data transfer is started.

IEC 60870-5-104, section 5.2 (TESTFR act and con).

Identified by the confirmation, six bytes that nothing else says.
"""

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk

__all__ = ["PROTOCOL", "looks_untrusted"]

TEST = bytes.fromhex("680443000000")
CONFIRMED = bytes.fromhex("680483000000")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    return 0.93 if data.startswith(CONFIRMED) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Test the link."""
    yield Say(TEST)
    if (yield Exactly(len(CONFIRMED))) != CONFIRMED:
        raise BadReply("no confirmation of our test")
    yield Known(0.95, "TESTFR con")


PROTOCOL = Protocol(
    name="iec-104",
    title="IEC 60870-5-104",
    source="IEC 60870-5-104",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(2404,),
    tls_ports=(19998,),
    rarity=8,
    careful=True,
)
