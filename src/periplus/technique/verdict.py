"""What can be said of a port: six states and a closed list of reasons, in Nmap's words.

Columns hold a state and a reason as one byte each; `State` and `Reason` give the words at the edge.
The words are those of the Nmap reference guide (chapter "Port Scanning Basics") and of its XML output,
so that readers of either need no dictionary.
"""

from enum import IntEnum
from functools import cached_property

__all__ = ["Reason", "State"]


class State(IntEnum):
    """A port's state; the value is what a state column holds."""

    OPEN = 0
    CLOSED = 1
    FILTERED = 2
    UNFILTERED = 3
    OPEN_FILTERED = 4
    CLOSED_FILTERED = 5

    @cached_property  # a sweep asks for it a million times
    def word(self) -> str:
        """Nmap's word for the state, e.g. ``open|filtered``."""
        return self.name.lower().replace("_", "|")


class Reason(IntEnum):
    """Why a state holds; the value is what a reason column holds."""

    NO_RESPONSE = 0
    SYN_ACK = 1
    RESET = 2
    SPLIT_HANDSHAKE_SYN = 3
    CONN_REFUSED = 4
    NET_UNREACH = 5
    HOST_UNREACH = 6
    PROTO_UNREACH = 7
    PORT_UNREACH = 8
    DEST_UNREACH = 9
    NET_PROHIBITED = 10
    HOST_PROHIBITED = 11
    ADMIN_PROHIBITED = 12
    BEYOND_SCOPE = 13
    REJECT_ROUTE = 14
    TIME_EXCEEDED = 15
    PARAM_PROBLEM = 16
    ARP_RESPONSE = 17
    ND_RESPONSE = 18
    USER_SET = 19
    LOCALHOST_RESPONSE = 20
    NO_ROUTE = 21
    UDP_RESPONSE = 22
    INIT_ACK = 23
    ABORT = 24
    PROTO_RESPONSE = 25
    ECHO_REPLY = 26
    TIMESTAMP_REPLY = 27
    ADDRESSMASK_REPLY = 28

    @cached_property  # a sweep asks for it a million times
    def word(self) -> str:
        """Nmap's word for the reason, e.g. ``syn-ack``."""
        return self.name.lower().replace("_", "-")
