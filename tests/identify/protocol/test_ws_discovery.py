"""WS-Discovery: matches as a Windows host and an ONVIF camera write them, by the specifications' examples."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.ws_discovery import PROTOCOL, QUESTION, matches_untrusted

MATCHES = (
    '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header>'
    "<wsa:RelatesTo>urn:uuid:50657269-706c-4573-8000-000000000000</wsa:RelatesTo></soap:Header><soap:Body>"
    "<wsd:ProbeMatches><wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:1</wsa:Address>"
    "</wsa:EndpointReference><wsd:Types>{types}</wsd:Types><wsd:Scopes>{scopes}</wsd:Scopes>"
    "<wsd:XAddrs>http://198.18.0.1/x</wsd:XAddrs></wsd:ProbeMatch></wsd:ProbeMatches></soap:Body></soap:Envelope>"
)
SCOPES = "onvif://www.onvif.org/name/AXIS%20P3245-LV onvif://www.onvif.org/hardware/P3245-LV"
HOST = MATCHES.format(types="wsdp:Device pub:Computer", scopes="").encode()
CAMERA = MATCHES.format(types="dn:NetworkVideoTransmitter", scopes=SCOPES).encode()
SCRIPTS: dict[str, list[Line]] = {
    "a Windows host": [(">", QUESTION.data), ("<", HOST)],
    "a camera": [(">", QUESTION.data), ("<", CAMERA)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_host() -> None:
    service = play(PROTOCOL, SCRIPTS["a Windows host"])
    assert (service.protocol, service.product) == ("ws-discovery", "WSD host")
    assert service.detail == {
        "types": "wsdp:Device pub:Computer", "addresses": "http://198.18.0.1/x", "endpoint": "urn:uuid:1",
    }  # fmt: skip


def test_a_camera() -> None:
    service = play(PROTOCOL, SCRIPTS["a camera"])
    assert (service.vendor, service.device, service.info) == ("Axis", "camera", "P3245-LV")


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(HOST, CAMERA))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        matches_untrusted(data)
