"""Where hosts whose ports are settled pass by to be asked for their operating system, or as they are.

This file is what every run loads; `scan.fingerprints` is loaded when a run asks.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from periplus.scan.config import ScanConfig
from periplus.scan.stage import Probing, Unprobed

if TYPE_CHECKING:
    from periplus.engine.shown import Shown
    from periplus.scan.passive import Glances
    from periplus.scan.tracelink import TraceLink

__all__ = ["FINGERPRINT_TRIES", "OSDB_PLACES", "fingerprinting_for", "glances_for", "installed_osdb"]

FINGERPRINT_TRIES = 3  # of a probe that is not answered
OSDB_PLACES = ("/usr/share/nmap/nmap-os-db", "/usr/local/share/nmap/nmap-os-db")


def installed_osdb(places: tuple[str, ...] = OSDB_PLACES) -> str | None:
    """Return where this machine has Nmap's reference fingerprints."""
    return next((place for place in places if Path(place).is_file()), None)


def glances_for(shown: "Shown | None") -> "Glances | None":
    """Return what hosts are told by passively, where a link keeps SYN-ACKs."""
    if shown is None:
        return None
    from periplus.scan.passive import Glances

    return Glances(shown)


def fingerprinting_for(
    config: ScanConfig, link: "TraceLink | None", glances: "Glances | None" = None
) -> Probing:
    """Return what there is a link for."""
    if link is None or config.fingerprint is None:
        return Unprobed()
    from periplus.scan.fingerprints import Fingerprints
    from periplus.scan.osreferences import references

    return Fingerprints(config, link, *references(config.fingerprint.path), glances)
