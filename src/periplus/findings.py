"""What is known of a service and of a system, in the shapes that who finds it out fills and who tells it reads.

`identify` and `result` are on one floor and know nothing of each other; what both speak of is here, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

__all__ = ["WORDS", "Answer", "Detail", "OsClass", "OsGuess", "Passage", "SynAck", "Way", "Words"]

Detail = str | int | float | bool | None | list["Detail"] | dict[str, "Detail"]  # as in JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a service says of itself; nobody has proved it. `cpe` are names, of CPE 2.3 where nothing else is said."""

    product: str | None = None
    vendor: str | None = None
    version: str | None = None
    info: str | None = None
    hostname: str | None = None
    os: str | None = None
    device: str | None = None
    cpe: tuple[str, ...] = ()


WORDS = tuple(each.name for each in fields(Words) if each.name != "cpe")


class Way(StrEnum):
    """Who said a passage of a conversation."""

    OURS = ">"
    THEIRS = "<"
    NOTE = "!"  # nobody: what happened to the connection


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of a conversation, `at_ms` after its connection was begun. A note's `data` is text in ASCII."""

    way: Way
    data: bytes
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Words):
    """Who answers at a port, and what decided that.

    `confidence` is how sure the protocol is (0..1); `why` the rule that decided; `runner_up` the next likely one. The
    words have no such figure, they are the service's own; `rule` is the signature that read them. `tls`, if it is
    spoken there, and `detail` are plain values. `passages` is the conversation that decided.
    """

    confidence: float = 0.0
    why: str = ""
    runner_up: tuple[str, float] | None = None
    rule: str | None = None
    tls: Mapping[str, Detail] | None = None
    detail: Mapping[str, Detail] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SynAck:
    """What the answer to a SYN shows: `options` are the letters of fingerprints in their order, `ttl` is as it came.

    `df` and `ip_id` are IPv4's, None where there is no such thing; `tos` is the traffic class as well. `ecn`: it has
    the flag ECE.
    """

    port: int
    ttl: int
    window: int
    options: str = ""
    mss: int | None = None
    scale: int | None = None
    df: bool | None = None
    ip_id: int | None = None
    tos: int = 0
    ecn: bool = False


@dataclass(frozen=True, slots=True)
class OsClass:
    """What an operating system belongs to; `cpe` as Nmap writes them (``cpe:/o:...``)."""

    vendor: str
    family: str
    generation: str | None
    kind: str
    cpe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OsGuess:
    """A family by all evidence together, the most special name that was heard of it, and how sure it is (0..1)."""

    name: str
    family: str
    confidence: float
    evidence: tuple[str, ...]
