"""JSON objects of peers, read within bounds (RFC 8259)."""

import json

from periplus.errors import BadReply
from periplus.identify.talk import Detail

__all__ = ["chosen_texts", "object_untrusted"]

MOST = 65_535


def object_untrusted(data: bytes) -> dict[str, Detail]:
    """Return the object that the data is; raises BadReply."""
    if len(data) > MOST:
        raise BadReply("a JSON text without end")
    try:
        found = json.loads(data.decode("utf-8", "replace"), parse_constant=str)
    except (ValueError, RecursionError):
        raise BadReply("no JSON") from None
    if not isinstance(found, dict):
        raise BadReply("no JSON object")
    return found


def chosen_texts(found: dict[str, Detail], names: tuple[str, ...]) -> dict[str, Detail]:
    """Return those members that are plain values and that a reader may want."""
    return {name: found[name] for name in names if isinstance(found.get(name), str | int | float | bool)}
