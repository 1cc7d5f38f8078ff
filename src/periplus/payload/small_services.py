"""The small services of 1983, each of which answers any datagram."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

ANYTHING = b"periplus\r\n"

PAYLOADS = (
    Payload(service="echo", ports=(7,), data=ANYTHING, source="RFC 862"),
    Payload(service="active-users", ports=(11,), data=ANYTHING, source="RFC 866"),
    Payload(service="daytime", ports=(13,), data=ANYTHING, source="RFC 867"),
    Payload(service="qotd", ports=(17,), data=ANYTHING, source="RFC 865"),
    Payload(service="chargen", ports=(19,), data=ANYTHING, source="RFC 864"),
    Payload(service="time", ports=(37,), data=ANYTHING, source="RFC 868"),
)
