"""WS-Discovery: matches of a Windows host and an ONVIF camera by the specifications' examples; wsdd2 of Debian 12."""

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
WSDD2 = (
    b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-enve'
    b'lope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:wsd="http://schemas.xmlsoap'
    b'.org/ws/2005/04/discovery" xmlns:wsx="http://schemas.xmlsoap.org/ws/2004/09/mex" xmlns:wsdp="http://'
    b'schemas.xmlsoap.org/ws/2006/02/devprof" xmlns:un0="http://schemas.microsoft.com/windows/pnpx/2005/10'
    b'" xmlns:pub="http://schemas.microsoft.com/windows/pub/2005/07"><soap:Header><wsa:To>http://schemas.x'
    b"mlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/20"
    b"05/04/discovery/ProbeMatches</wsa:Action><wsa:MessageID>urn:uuid:bac0fd71-62f0-064a-cdd9-f9529ef6b25"
    b'0</wsa:MessageID><wsd:AppSequence InstanceId="1795671236" SequenceId="urn:uuid:be455b74-b20c-9259-e9'
    b'c8-c35b00200a97" MessageNumber="12" /><wsa:RelatesTo>urn:uuid:50657269-706c-4573-8000-000000000000</'
    b"wsa:RelatesTo></soap:Header><soap:Body><wsd:ProbeMatches><wsd:ProbeMatch><wsa:EndpointReference><wsa"
    b":Address>urn:uuid:3d1219c7-c4c5-404a-aa1f-6d2a48adfda4</wsa:Address></wsa:EndpointReference><wsd:Typ"
    b"es>wsdp:Device pub:Computer</wsd:Types><wsd:XAddrs>http://198.18.0.1:3702/3d1219c7-c4c5-404a-aa1f-6d"
    b"2a48adfda4</wsd:XAddrs><wsd:MetadataVersion>2</wsd:MetadataVersion></wsd:ProbeMatch></wsd:ProbeMatch"
    b"es></soap:Body></soap:Envelope>"
)
SCRIPTS: dict[str, list[Line]] = {
    "a Windows host": [(">", QUESTION.data), ("<", HOST)],
    "a camera": [(">", QUESTION.data), ("<", CAMERA)],
    "wsdd2 1.8.7 of Debian 12": [(">", QUESTION.data), ("<", WSDD2)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_host() -> None:
    service = play(PROTOCOL, SCRIPTS["a Windows host"])
    assert (service.protocol, service.product) == ("ws-discovery", "WSD host")
    assert service.detail == {
        "types": "wsdp:Device pub:Computer", "addresses": "http://198.18.0.1/x", "endpoint": "urn:uuid:1",
    }  # fmt: skip


def test_wsdd2() -> None:
    service = play(PROTOCOL, SCRIPTS["wsdd2 1.8.7 of Debian 12"])
    assert (service.product, service.confidence) == ("WSD host", 0.97)
    assert str(service.detail["addresses"]).startswith("http://198.18.0.1:3702/")


def test_a_camera() -> None:
    service = play(PROTOCOL, SCRIPTS["a camera"])
    assert (service.vendor, service.device, service.info) == ("Axis", "camera", "P3245-LV")


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(HOST, CAMERA))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        matches_untrusted(data)
