"""The gossip of Serf, Consul and Nomad: a ping without the name of a node, which any node answers.

Limits: a cluster with a gossip key drops what is not encrypted with it.
"""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PING = b"\0"
TWO_FIELDS = b"\x82"  # MessagePack: a map of two


def short_text(text: bytes) -> bytes:
    """Return a string of at most 31 bytes in MessagePack."""
    return bytes([0xA0 | len(text)]) + text


PAYLOADS = (
    Payload(
        service="memberlist",
        ports=(4648, 7946, 8301, 8302),
        data=PING + TWO_FIELDS + short_text(b"SeqNo") + b"\x01" + short_text(b"Node") + short_text(b""),
        source="HashiCorp memberlist, ping message; MessagePack",
    ),
)
