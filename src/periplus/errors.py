"""Whose mistake it was: three kinds of error, kept apart so that `cli` can answer each in its own way.

Only `cli` turns them into exit statuses. Anything that is none of these is a bug of ours.
"""

__all__ = ["BadReply", "CannotScan", "PeriplusError", "UsageError"]


class PeriplusError(Exception):
    """Base of all errors that a user may see; its text is one line that says what to do."""


class UsageError(PeriplusError):
    """The user's mistake: a wrong target, port, flag or file (exit status 2)."""


class CannotScan(PeriplusError):
    """The machine cannot do what was asked: no route, no privilege (exit status 1)."""


class BadReply(PeriplusError):
    """The peer's mistake: the only error that a function ending in `_untrusted` may raise."""
