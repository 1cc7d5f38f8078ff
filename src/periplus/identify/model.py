"""A protocol, as the catalogue finds it: how it is recognised, talked to, and where it is likely.

One file a protocol in `identify/protocol`, with a module-level `PROTOCOL` or `PROTOCOLS`. A protocol whose server
speaks first is recognised by its first bytes; one whose client does, by what it answers to the talk's first words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from periplus.identify.talk import Talk

__all__ = ["MOST_RARE", "First", "Over", "Peer", "Protocol", "never_untrusted"]

MOST_RARE = 9


class Over(Enum):
    """What carries the protocol."""

    TCP = "tcp"
    UDP = "udp"


class First(Enum):
    """Who speaks first after the connection is there."""

    SERVER = "server"
    CLIENT = "client"


def _stands_still() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a talk is with. `name`: a host name, if one is known; `nonce`: random bytes for what wants some.

    `clock`: seconds since whenever, for what keeps timers of its own.
    """

    address: str
    port: int
    name: str | None = None
    tls: bool = False
    nonce: bytes = bytes(64)
    clock: Callable[[], float] = _stands_still

    @property
    def authority(self) -> str:
        """Host and port as in a URL (RFC 3986 section 3.2), without the port that the scheme implies."""
        bracketed = f"[{self.address}]" if ":" in self.address else self.address
        host = self.name or bracketed
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def never_untrusted(data: bytes) -> float:
    """First bytes never show it."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol over one carrier.

    `talk` holds the conversation; up to its `Known` nothing is said to be this protocol. `looks` says how sure (0..1)
    unasked first bytes, or the answer to another protocol's question, make of this one; it needs no whole message.
    `ports`: where it is likely; `tls_ports`: where it is likely inside TLS from the start. `rarity` is how seldom it
    is met, as in Nmap's ``--version-intensity``: 1 is asked on any port, 9 on hardly any but its own. `upgrade`: the
    shortest talk to where TLS begins within this protocol; its end is a `Secure`; `most_upgrades`: how often that may
    be walked by an audit, where servers shut out who does so too often. `alpn`: how TLS names it (RFC 7301).
    `careful`: industrial equipment, spoken to only with ``--ics``. `elsewhere`: over UDP, answers come from any of
    its ports.
    """

    name: str  # the IANA service name where there is one
    title: str
    source: str  # RFC or specification
    talk: Callable[[Peer], Talk]
    ports: tuple[int, ...] = ()
    tls_ports: tuple[int, ...] = ()
    over: Over = Over.TCP
    first: First = First.CLIENT
    looks: Callable[[bytes], float] = never_untrusted
    rarity: int = 7
    upgrade: Callable[[Peer], Talk] | None = None
    most_upgrades: int | None = None
    alpn: tuple[str, ...] = ()
    careful: bool = False
    elsewhere: bool = False
