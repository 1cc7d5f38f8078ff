"""BSON documents, read into plain values within bounds, and small ones written (bsonspec.org, version 1.1)."""

import math
import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.talk import Detail

__all__ = ["document_untrusted", "written"]

MOST_DEPTH = 8
MOST_ELEMENTS = 2_000
DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, UNDEFINED, OBJECT_ID, BOOLEAN, DATE, NULL, REGEX = range(1, 12)
INT32, TIMESTAMP, INT64, DECIMAL = 16, 17, 18, 19
MIN_KEY, MAX_KEY = 255, 127
FIXED = {OBJECT_ID: 12, DATE: 8, TIMESTAMP: 8, DECIMAL: 16, UNDEFINED: 0, NULL: 0, MIN_KEY: 0, MAX_KEY: 0}


def written(values: dict[str, int | str]) -> bytes:
    """Return a flat document."""
    body = b"".join(_element(name.encode() + b"\0", value) for name, value in values.items())
    return struct.pack("<I", len(body) + 5) + body + b"\0"


def _element(name: bytes, value: int | str) -> bytes:
    if isinstance(value, int):
        return bytes([INT32]) + name + struct.pack("<i", value)
    text = value.encode() + b"\0"
    return bytes([STRING]) + name + struct.pack("<I", len(text)) + text


def document_untrusted(data: bytes) -> dict[str, Detail]:
    """Read the document that the data begins with; raises BadReply."""
    return _document(Cursor(data, order="little"), 0)


def _document(cursor: Cursor, depth: int) -> dict[str, Detail]:
    if depth > MOST_DEPTH:
        raise BadReply("documents in documents without end")
    inside = Cursor(cursor.take(cursor.number(4) - 4), order="little")
    found: dict[str, Detail] = {}
    while kind := inside.number(1):
        name = inside.until().decode("utf-8", "replace")
        found[name] = _value(inside, kind, depth)
        if len(found) > MOST_ELEMENTS:
            raise BadReply("a document without end")
    return found


def _value(cursor: Cursor, kind: int, depth: int) -> Detail:
    if kind in (DOCUMENT, ARRAY):
        inside = _document(cursor, depth + 1)
        return inside if kind == DOCUMENT else [*inside.values()]
    if kind == STRING:
        return cursor.sized(4).rstrip(b"\0").decode("utf-8", "replace")
    if kind in (INT32, INT64):
        return int.from_bytes(cursor.take(4 if kind == INT32 else 8), "little", signed=True)
    if kind == DOUBLE:
        number = float(struct.unpack("<d", cursor.take(8))[0])
        return number if math.isfinite(number) else str(number)
    if kind == BOOLEAN:
        return bool(cursor.number(1))
    if kind == BINARY:
        return cursor.take(cursor.number(4) + 1)[1:].hex()
    if kind == REGEX:
        return f"/{cursor.until().decode('utf-8', 'replace')}/{cursor.until().decode('utf-8', 'replace')}"
    if kind in FIXED:
        return cursor.take(FIXED[kind]).hex() or None
    raise BadReply(f"no element of BSON: {kind}")
