"""How a port was identified, for ``--explain HOST:PORT``: what decided, what came next, and the conversation.

Peers' bytes are shown as hexadecimal with printable ASCII beside it, so nothing of them reaches a terminal.
"""

from collections.abc import Iterator

from periplus.findings import Passage, Way
from periplus.result.row import ServiceRow
from periplus.result.services import SAYS, version_text
from periplus.result.text import printable

__all__ = ["explanation", "unasked"]

A_LINE = 16
MOST_BYTES = 2_048  # of one passage


def explanation(addr: str, service: ServiceRow) -> Iterator[str]:
    """Yield the lines on one port."""
    where = f"{addr} port {service.port}/{service.proto}"
    if service.name is None:
        yield f"How {where} was asked: it {SAYS.get(service.came, service.came)}\n"
    else:
        sure = f"{service.name}, sure by {service.confidence:.2f}"
        yield f"How {where} was identified: {sure}: {printable(service.why)}\n"
    facts = (
        ("what it says of itself", version_text(service) if service.name else None),
        ("read by", service.rule),
        (
            "next likely",
            f"{service.runner_up[0]}, sure by {service.runner_up[1]:.2f}" if service.runner_up else None,
        ),
        ("what else was tried", "; ".join(service.problems) or None),
    )
    yield from (f"  {title}: {printable(text)}\n" for title, text in facts if text)
    for passage in service.passages:
        yield from _lines(passage)


def unasked(addr: str, port: int) -> str:
    """Return the line on a port that is to be explained and was not asked who is there."""
    return f"{addr} port {port} was not asked who answers there: it was not found open\n"


def _lines(passage: Passage) -> Iterator[str]:
    """A passage: a dump of what was said, or what happened."""
    start = f"  {passage.at_ms:9.1f} ms {passage.way}"
    if passage.way is Way.NOTE:
        yield f"{start} {printable(passage.data.decode('ascii', 'replace'))}\n"
        return
    shown = passage.data[:MOST_BYTES]
    for at in range(0, len(shown), A_LINE):
        piece = shown[at : at + A_LINE]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
        yield f"{start if not at else ' ' * len(start)} {piece.hex(' '):<{3 * A_LINE - 1}} {text}\n"
    if len(passage.data) > MOST_BYTES:
        yield f"{' ' * len(start)} and {len(passage.data) - MOST_BYTES} bytes more\n"
