"""The status request, read by scapy, its signature computed anew with the secret of RFC 5997's example."""

import hmac

from scapy.layers.radius import Radius, RadiusAttr_Message_Authenticator
from tests.payload.reading import data


def test_it_asks_for_the_status_and_is_signed() -> None:
    message = data("radius")
    packet = Radius(message)
    assert (packet.code, packet.len) == (12, len(message))
    (attribute,) = packet.attributes
    assert isinstance(attribute, RadiusAttr_Message_Authenticator)
    unsigned = message[:-16] + bytes(16)
    assert hmac.new(b"xyzzy5461", unsigned, "md5").digest() == message[-16:]
