"""IPMI: presence of the management controller (ASF ping), and which ways to log in it has; neither logs in."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

RMCP_VERSION, NO_ACK = 6, 0xFF
ASF, IPMI = 6, 7
ASF_IANA, PRESENCE_PING = 4542, 0x80
CONTROLLER, REMOTE_CONSOLE = 0x20, 0x81
APPLICATION_REQUEST = 6 << 2
GET_CHANNEL_AUTHENTICATION = 0x38
THIS_CHANNEL_IPMI_2, ADMINISTRATOR = 0x8E, 4


def rmcp(message_class: int) -> bytes:
    """Return the four bytes before every message."""
    return bytes([RMCP_VERSION, 0, NO_ACK, message_class])


def checked(*them: int) -> bytes:
    """Return the bytes and the one that makes their sum zero."""
    return bytes([*them, -sum(them) & 0xFF])


def capabilities() -> bytes:
    """Return the request, outside any session (IPMI 2.0, 13.6 and 22.13)."""
    message = checked(CONTROLLER, APPLICATION_REQUEST) + checked(
        REMOTE_CONSOLE, 0, GET_CHANNEL_AUTHENTICATION, THIS_CHANNEL_IPMI_2, ADMINISTRATOR
    )
    return rmcp(IPMI) + struct.pack("!BIIB", 0, 0, 0, len(message)) + message


PAYLOADS = (
    Payload(
        service="asf-ping",
        ports=(623, 664),
        data=rmcp(ASF) + struct.pack("!IBBBB", ASF_IANA, PRESENCE_PING, 1, 0, 0),
        source="ASF 2.0, 3.2.4",
    ),
    Payload(service="ipmi", ports=(623,), data=capabilities(), source="IPMI 2.0, 13.6 and 22.13"),
)
