"""What the older text protocols share: replies with a three-digit code, and lists that a dot ends.

Replies: RFC 959 section 4.2 (FTP) and RFC 5321 section 4.2.1 (SMTP), where ``220-`` goes on and ``220 `` ends. Lists:
RFC 3977 section 3.1.1 (NNTP) and RFC 1939 section 3 (POP3). `reply` and `dotted` are parts of a talk, for
``yield from``. Both have a bound on lines, as `Line` has one on bytes.
"""

from collections.abc import Generator
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.talk import Line, Want

__all__ = ["MOST_LINES", "Reply", "code_untrusted", "dotted", "plain_untrusted", "reply"]

MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its code, and its lines without it."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(self.lines)


def reply() -> Generator[Want, bytes, Reply]:
    """Read one reply; raises BadReply."""
    line = yield Line()
    code, more = code_untrusted(line)
    lines = [plain_untrusted(line[4:])]
    while more:
        if len(lines) >= MOST_LINES:
            raise BadReply("a reply without end")
        line = yield Line()
        ours = line[:3] == str(code).encode()
        more = not (ours and line[3:4] in (b" ", b""))
        lines.append(plain_untrusted(line[4:] if ours else line.strip()))
    return Reply(code, tuple(lines))


def dotted() -> Generator[Want, bytes, tuple[str, ...]]:
    """Read lines up to the one that is a dot; raises BadReply."""
    lines: list[str] = []
    while True:
        line = yield Line()
        if line == b".":
            return tuple(lines)
        if len(lines) >= MOST_LINES:
            raise BadReply("a list without end")
        lines.append(plain_untrusted(line.removeprefix(b".") if line.startswith(b"..") else line))


def code_untrusted(line: bytes) -> tuple[int, bool]:
    """Return the code of a reply's first line, and whether there are more; raises BadReply."""
    digits, mark = line[:3], line[3:4]
    if len(digits) != 3 or not digits.isdigit() or mark not in (b" ", b"-", b"") or digits < b"100":
        raise BadReply("no reply with a code")
    return int(digits), mark == b"-"


def plain_untrusted(data: bytes) -> str:
    """Return bytes as text without control characters."""
    text = data.decode("utf-8", "replace")
    return "".join(each for each in text if each.isprintable() or each in "\t\n")
