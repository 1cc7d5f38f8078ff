"""The value of ``--hours``: a stretch of the day, and the time zone whose clock it means.

``22:00-06:00`` is meant as the clock on the wall shows it, so without a zone it is this machine's. (The file of a
scope goes from machine to machine, and its hours are those of UTC unless it says otherwise.) A zone stands behind an
@, by its name in the IANA database: ``22:00-06:00@Europe/Berlin``, ``@UTC``.
"""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from periplus.scan.recess import OpenHours

__all__ = ["open_hours"]

LOCAL = "local time"


def open_hours(text: str) -> "OpenHours":
    """Read hours with or without a zone."""
    from periplus.cli.scoping import zone_named
    from periplus.scan.recess import OpenHours
    from periplus.space.scopefile import parse_hours

    words, at, name = text.partition("@")
    try:
        hours = parse_hours(words)
        return OpenHours(hours, zone_named(name) if at else None, name if at else LOCAL)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
