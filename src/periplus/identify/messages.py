"""Messages in the manner of HTTP: a status line and header fields, as RTSP and SIP have them too.

RFC 2326 section 4 and RFC 3261 section 7 take them from HTTP/1.1. HTTP itself is read by h11; this is for its
relatives. Names are in lower case; a field that comes again is joined by commas, a folded line to the one before.
"""

from dataclasses import dataclass
from re import compile as expression

from periplus.errors import BadReply
from periplus.identify.replies import plain_untrusted

__all__ = ["MOST_HEAD", "Head", "head_untrusted"]

MOST_HEAD = 16_384
STATUS = expression(rb"([A-Z]+)/(\d\.\d) (\d{3})(?: ([^\r\n]*))?\r?\n")
FIELD = expression(r"([!-9;-~]+)\s*:\s*(.*)")


@dataclass(frozen=True, slots=True)
class Head:
    """Protocol, version, status, reason, and fields."""

    protocol: str
    version: str
    status: int
    reason: str
    fields: dict[str, str]


def head_untrusted(data: bytes) -> Head:
    """Read a status line and the fields after it, up to an empty line; raises BadReply."""
    status = STATUS.match(data[:MOST_HEAD])
    if status is None:
        raise BadReply("no status line")
    fields: dict[str, str] = {}
    last = ""
    for raw in data[status.end() : MOST_HEAD].splitlines():
        line = plain_untrusted(raw)
        if not line:
            break
        found = FIELD.fullmatch(line)
        if found:
            last = found[1].lower()
            fields[last] = f"{fields[last]}, {found[2]}" if last in fields else found[2]
        elif last and line[0] in " \t":
            fields[last] += " " + line.strip()
    reason = plain_untrusted(status[4] or b"")
    return Head(status[1].decode(), status[2].decode(), int(status[3]), reason, fields)
