"""NTP: a client's request, and the request for the system variables (control message).

Not asked: the list of monitored clients, which answers with a hundred times what it was asked with.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

VERSION_4_CLIENT = 4 << 3 | 3
VERSION_2_CONTROL = 2 << 3 | 6
READ_VARIABLES = 2
STAMP = 0x50657269_706C7573  # comes back as the origin timestamp

PAYLOADS = (
    Payload(
        service="ntp",
        ports=(123,),
        data=struct.pack("!B39xQ", VERSION_4_CLIENT, STAMP),
        source="RFC 5905, 7.3",
    ),
    Payload(
        service="ntp-control",
        ports=(123,),
        data=struct.pack("!BB5H", VERSION_2_CONTROL, READ_VARIABLES, 1, 0, 0, 0, 0),
        source="RFC 9327, 2",
    ),
)
