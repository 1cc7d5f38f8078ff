"""Where hosts whose ports are settled pass by to have their services identified, or as they are.

This file is what every run loads; `scan.identities` is loaded when a run identifies.
"""

from typing import TYPE_CHECKING

from periplus.scan.stage import Counted, Through

if TYPE_CHECKING:
    from collections.abc import Callable

    from periplus.scan.config import ScanConfig
    from periplus.scan.ears import UdpMemory
    from periplus.scan.identifier import Identifier

__all__ = ["IdentifyLink", "identifying_for"]


class IdentifyLink:
    """Begins to identify when there is something to identify."""

    def __init__(self, opened: "Callable[[], Identifier]") -> None:
        self._opened = opened
        self._made: Identifier | None = None

    def identifier(self) -> "Identifier":
        """Return it, the same each time."""
        self._made = self._made or self._opened()
        return self._made

    def close(self) -> None:
        """Close what was opened."""
        if self._made is not None:
            self._made.close()


def identifying_for(
    config: "ScanConfig", link: IdentifyLink | None, memory: "UdpMemory | None" = None
) -> Counted:
    """Return what there is a link for; `memory` is what UDP ports said to the scan."""
    if link is None or config.identify is None:
        return Through()
    from periplus.scan.identities import Identities

    named = config.identify.named
    host_us = config.timing.host_timeout_us
    if memory is None:
        return Identities(link.identifier, named, host_us=host_us)
    return Identities(link.identifier, named, memory.recall, host_us)
