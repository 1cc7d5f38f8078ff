"""DNS: a question that any server answers out of itself, and the one for its version.

The first asks for the address of ``localhost``: RFC 6761 (6.3) wants servers to answer it and not to pass it on, so
the target asks nobody else, and the answer is small. A server that serves only its zones refuses, which is an answer
too. The second is the custom of BIND and of most others since: a text in the class CHAOS.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS", "encode_name", "question"]

ID = 0x5065
RECURSION_DESIRED = 0x0100
IN, CHAOS = 1, 3
A, PTR, TXT = 1, 12, 16


def encode_name(dotted: str) -> bytes:
    """Return a name as labels, each behind its length (RFC 1035, 3.1)."""
    labels = [label.encode("ascii") for label in dotted.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(name: bytes, kind: int, dns_class: int, flags: int = 0, ident: int = ID) -> bytes:
    """Return a query of one question (RFC 1035, 4.1)."""
    header = struct.pack("!6H", ident, flags, 1, 0, 0, 0)
    return header + name + struct.pack("!HH", kind, dns_class)


PAYLOADS = (
    Payload(
        service="dns",
        ports=(53,),
        data=question(encode_name("localhost"), A, IN, RECURSION_DESIRED),
        source="RFC 1035, 4.1; RFC 6761, 6.3",
    ),
    Payload(
        service="dns-version",
        ports=(53,),
        data=question(encode_name("version.bind"), TXT, CHAOS),
        source="RFC 4892, 2",
    ),
)
