"""OpenVPN: the first packet of a client, a hard reset of the control channel.

Limits: with ``tls-auth`` or ``tls-crypt`` the server drops what is not signed with its key.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

HARD_RESET_CLIENT_V2 = 7 << 3  # the low bits are the key's number
SESSION = b"periplus"
NO_ACKS, PACKET_ID = 0, 0

PAYLOADS = (
    Payload(
        service="openvpn",
        ports=(1194,),
        data=struct.pack("!B8sBI", HARD_RESET_CLIENT_V2, SESSION, NO_ACKS, PACKET_ID),
        source="OpenVPN protocol, control channel packets",
    ),
)
