"""WS-Discovery: a probe for any device, and one for cameras and recorders of the ONVIF kind.

A device answers to the sender when it was asked directly. Printers, Windows hosts and cameras speak it. The
prefixes of names are those that all write, as some (wsdd2) look for these and do not read XML.
"""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
ONVIF = "http://www.onvif.org/ver10/network/wsdl"
MESSAGE = "urn:uuid:50657269-706c-4573-8000-000000000000"


def probe(types: str) -> bytes:
    """Return a probe; an empty list of types matches everything."""
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{ADDRESSING}" xmlns:wsd="{DISCOVERY}"><soap:Header>'
        f"<wsa:Action>{DISCOVERY}/Probe</wsa:Action><wsa:MessageID>{MESSAGE}</wsa:MessageID>"
        "<wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>"
        f"</soap:Header><soap:Body><wsd:Probe>{types}</wsd:Probe></soap:Body></soap:Envelope>"
    )
    return text.encode("utf-8")


CAMERAS = f'<wsd:Types xmlns:dn="{ONVIF}">dn:NetworkVideoTransmitter</wsd:Types>'

PAYLOADS = (
    Payload(service="ws-discovery", ports=(3702,), data=probe(""), source="WS-Discovery 2005/04, 5"),
    Payload(
        service="ws-discovery-onvif",
        ports=(3702,),
        data=probe(CAMERAS),
        source="WS-Discovery 2005/04, 5; ONVIF Core Specification, 7.3",
    ),
)
