"""How a user's token is shown in an error message: one line, bounded, and harmless to a terminal.

Tokens come from command lines and from files that somebody else may have written, so control characters
(escape sequences, line breaks, bidirectional marks) are shown as escapes.
"""

__all__ = ["quoted"]

LONGEST = 60  # characters of a token that are shown; a message stays one line of a usual terminal


def quoted(token: str) -> str:
    """The token in double quotes, unprintable characters escaped, cut to a bounded length."""
    shown = token if len(token) <= LONGEST else token[:LONGEST] + "..."
    return '"' + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + '"'
