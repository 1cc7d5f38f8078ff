"""TFTP: a request to read a file that is not there.

The error comes from a new port of the server (RFC 1350, 4), and so would data and an acknowledgement of options (RFC
2347).
"""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="tftp",
        ports=(69,),
        data=b"\0\x01periplus-no-such-file\0octet\0",
        source="RFC 1350, 5",
        elsewhere=(b"\0\3", b"\0\5", b"\0\6"),
    ),
)
