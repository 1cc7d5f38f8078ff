"""What the machine allows an engine: how much may be under way, how much memory open hosts may take, and how many
packets come at once."""

from dataclasses import dataclass

__all__ = ["UNREAD", "Limits"]

UNREAD = 2_048  # packets read at once, after which more may wait: the fate of what was asked is not known yet


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine allows: set by the transport and by memory, not by the network."""

    outstanding: int = 16_384  # answers that the receive buffer holds
    in_flight: int = 1 << 62  # probes that can be under way, answered or not
    batch: int = 4_096  # probes of one step
    group_cells: int = 1 << 20  # questions in one group
    group_hosts: int = 1 << 12
    memory: int = 160 << 20  # bytes of all open groups
