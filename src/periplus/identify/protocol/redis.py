"""Redis and what speaks like it: PING, then INFO, which says version and system unless a password is wanted.

The serialisation protocol RESP (redis.io/docs/reference/protocol-spec). Both commands only read.

Identified by the answer to PING: ``+PONG``, or an error in RESP that names authentication.
"""

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "info_untrusted", "looks_untrusted"]

ASKS_FOR_PASSWORD = (b"-NOAUTH", b"-DENIED", b"-ERR operation not permitted")
MOST_INFO = 65_535
SAYS = ("redis_version", "valkey_version", "server_name", "os", "arch_bits", "redis_mode", "role", "tcp_port")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Redis: RESP's errors are its own."""
    if data.startswith((b"-ERR unknown command", b"-NOAUTH", b"-DENIED Redis")):
        return 0.9
    return 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask whether it is there, then what it is."""
    yield Say(b"PING\r\n")
    answer = yield Line(512)
    if answer.startswith(ASKS_FOR_PASSWORD):
        yield Known(0.95, "an error in RESP to PING")
        yield Told(info="password required", texts={"redis.error": answer.decode("ascii", "replace")})
        return
    if answer != b"+PONG":
        raise BadReply("no answer to PING in RESP")
    yield Known(0.97, "+PONG to PING")
    yield Say(b"INFO server\r\n")
    head = yield Line(64)
    if not head.startswith(b"$") or not head[1:].isdigit() or int(head[1:]) > MOST_INFO:
        raise BadReply("no bulk string to INFO")
    said = info_untrusted((yield Exactly(int(head[1:]))))
    yield Told(
        texts={"redis.info": "\n".join(f"{key}:{value}" for key, value in said.items())},
        os=said.get("os"),
        detail={**said},
    )


def info_untrusted(data: bytes) -> dict[str, str]:
    """Return those lines of INFO that a reader may want."""
    pairs = (line.partition(":") for line in data.decode("utf-8", "replace").splitlines())
    return {key: value for key, _, value in pairs if key in SAYS}


PROTOCOL = Protocol(
    name="redis",
    title="Redis",
    source="the RESP specification of redis.io",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(6379, 6380, 16379, 26379),
    tls_ports=(6380,),
    rarity=4,
)
