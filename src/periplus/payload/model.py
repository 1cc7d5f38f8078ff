"""A payload: one valid message of a service, and the UDP ports it is sent to.

An empty datagram makes few services speak, so silence about it says little. A valid question that changes nothing at
the target turns silence into evidence. Identifiers that a client would choose by chance are fixed here: the answer is
known by its addresses and ports, not by them.
"""

from dataclasses import dataclass

__all__ = ["Payload"]


@dataclass(frozen=True, slots=True)
class Payload:
    """One message of one service."""

    service: str  # unique over the library
    ports: tuple[int, ...]  # ascending
    data: bytes  # never empty, at most 1,200 bytes, so that no link on the way cuts it
    source: str  # RFC section or specification
    elsewhere: tuple[
        bytes, ...
    ] = ()  # how answers begin that come from another port than was asked, 1 to 4 bytes
    careful: bool = False  # industrial or fragile equipment: only for ports that the user named one by one
