"""How long identification waits and how much it does at once. One frozen value, passed in."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, connections in numbers.

    A server that speaks first is given `greeting_s` where one is likely, `listen_s` at ports of unknown use and
    `glance_s` where the client is likely to speak first: greetings that come later are still read as answers.
    """

    connect_s: float = 4.0
    greeting_s: float = 5.0
    listen_s: float = 1.2
    glance_s: float = 0.25
    answer_s: float = 3.0
    talk_s: float = 12.0  # one conversation
    # Until a port that ended connections without a word is asked again, and one that excuses itself twice.
    again_s: tuple[float, float] = (1.5, 4.0)
    port_s: float = 45.0  # all conversations with one port
    connections: int = 400
    per_host: int = 12
    at_once: int = 4  # unlikely protocols asked of one port at the same time
    audit_s: float = 60.0  # an audit of one port's TLS
    audit_connections: int = 250
    datagram_s: float = 1.5
    datagram_tries: int = 2
