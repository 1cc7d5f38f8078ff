"""WS-Discovery probes, read by an XML parser."""

from xml.etree.ElementTree import Element, fromstring

import pytest
from tests.payload.reading import data

SPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
}


def text(envelope: Element, path: str) -> str | None:
    return envelope.findtext(path, namespaces=SPACES)


@pytest.mark.parametrize(
    ("service", "types"), [("ws-discovery", None), ("ws-discovery-onvif", "dn:NetworkVideoTransmitter")]
)
def test_a_probe_is_a_soap_envelope(service: str, types: str | None) -> None:
    envelope = fromstring(data(service))
    assert envelope.tag == f"{{{SPACES['s']}}}Envelope"
    assert text(envelope, "s:Header/a:Action") == f"{SPACES['d']}/Probe"
    assert text(envelope, "s:Header/a:To") == "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
    assert (text(envelope, "s:Header/a:MessageID") or "").startswith("urn:uuid:")
    assert envelope.find("s:Body/d:Probe", SPACES) is not None
    assert text(envelope, "s:Body/d:Probe/d:Types") == types


def test_the_prefixes_are_the_customary_ones() -> None:
    assert b"<wsa:Action>" in data("ws-discovery")


def test_the_prefix_of_the_type_is_onvif_s() -> None:
    assert b'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"' in data("ws-discovery-onvif")
