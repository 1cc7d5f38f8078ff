"""The reference fingerprints of this run: Nmap's where a file of them can be read, and our own stacks elsewhere."""

from pathlib import Path

from periplus.data import os_text
from periplus.identify.os.reference import References, read_osdb
from periplus.identify.os.stacks import CERTAINTY, read_stacks

__all__ = ["OWN", "references"]

OWN = "the stacks that Periplus knows"


def references(path: str | None) -> tuple[References, str, float]:
    """Return references, what they are called, and what a perfect fit is worth."""
    if path is not None:
        try:
            found = read_osdb(Path(path).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            found = None
        if found is not None and found.known and found.points:
            return found, path, 1.0
    return read_stacks(os_text()), OWN, CERTAINTY
