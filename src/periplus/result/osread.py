"""The field ``os`` of an NDJSON host line, read back into a row for `result.joined`."""

from typing import Any

from periplus.findings import OsClass, OsGuess, SynAck
from periplus.result.row import OsMatch, OsPassive, OsRow

__all__ = ["read_os"]

Row = dict[str, Any]


def read_os(row: Row) -> OsRow:
    """Return what the field says."""
    ports = row.get("ports", {})
    difficult = "sequence_index" in row
    return OsRow(
        matches=tuple(map(_match, row.get("matches", ()))),
        guesses=tuple(
            OsGuess(each["name"], each["family"], each["confidence"], tuple(each["evidence"]))
            for each in row.get("answers", ())
        ),
        source=row.get("source"),
        fingerprint=row.get("fingerprint"),
        open_port=ports.get("tcp_open"),
        closed_port=ports.get("tcp_closed"),
        udp_port=ports.get("udp_closed"),
        distance=row.get("distance"),
        uptime_s=row.get("uptime_s"),
        stamp_hz=row.get("timestamp_hz"),
        difficulty=(row["sequence_index"], row["sequence_difficulty"]) if difficult else None,
        ids=row.get("ip_id_class"),
        stamp_class=row.get("timestamp_class"),
        values={key: tuple(values) for key, values in row.get("rows", {}).items()},
        why=row.get("why"),
        passive=_passive(row["passive"]) if "passive" in row else None,
    )


def _passive(row: Row) -> OsPassive:
    shown = {name: value for name, value in row.items() if name != "matches"}
    return OsPassive(SynAck(**shown), tuple(map(_match, row.get("matches", ()))))


def _match(row: Row) -> OsMatch:
    classes = tuple(
        OsClass(
            each["vendor"], each["family"], each.get("generation"), each["type"], tuple(each.get("cpe", ()))
        )
        for each in row["classes"]
    )
    return OsMatch(row["name"], row["accuracy"], row["line"], classes)
