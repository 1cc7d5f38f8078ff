"""SYN scan: half a handshake tells whether a port listens, and no connection comes about.

RFC 9293 section 3.10.7: a listening port answers SYN with SYN-ACK, a closed one with RST; our kernel, which knows
of no connection, resets what the target began. A SYN without ACK in answer is a simultaneous open (section 3.5,
figure 8): somebody is there and willing, so the port is open; it carries no number of ours.

Limits: a middlebox that answers for its hosts (SYN proxy) looks like an open port.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, Row, Silence, Tcp, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import SYN, TcpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="syn",
    title="SYN scan",
    flag="-sS",
    summary="Half-open TCP: SYN-ACK is open, RST closed, silence or an ICMP unreachable filtered.",
    proto="tcp",
    probe=TcpProbe(flags=SYN),
    cookie="sequence number; source port",
    rows=(
        Row(Tcp("R", "R"), State.CLOSED, Reason.RESET, Check.ACK_IS_NEXT),
        Row(Tcp("SA", "SAR"), State.OPEN, Reason.SYN_ACK, Check.ACK_IS_NEXT),
        Row(
            Tcp("S", "SAR"),
            State.OPEN,
            Reason.SPLIT_HANDSHAKE_SYN,
            Check.SOURCE_PORT,
            "simultaneous open",
        ),
        *UNREACHABLE,
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    ),
)
