"""Searches in the form of SSDP, sent to one host: UPnP, and three makers who took the form over.

UPnP is asked for root devices, not for everything, so that one device gives one answer. ``MX`` is left out, as it
has no meaning in a search sent to one address (UPnP Device Architecture 2.0, 1.3.2). The architecture says where an
answer goes and not from which port it comes: many devices answer from one of their own.
"""

from periplus.payload.model import Payload
from periplus.payload.text import lines

__all__ = ["PAYLOADS"]

ANSWERS = (b"HTTP",)


def search(host: str, target: str) -> bytes:
    """Return a search for one kind of target."""
    return lines("M-SEARCH * HTTP/1.1", f"HOST: {host}", 'MAN: "ssdp:discover"', f"ST: {target}")


PAYLOADS = (
    Payload(
        service="ssdp",
        ports=(1900,),
        data=search("239.255.255.250:1900", "upnp:rootdevice"),
        source="UPnP Device Architecture 2.0, 1.3.2",
        elsewhere=ANSWERS,
    ),
    Payload(
        service="ssdp-sonos",
        ports=(1900,),
        data=search("239.255.255.250:1900", "urn:schemas-upnp-org:device:ZonePlayer:1"),
        source="UPnP Device Architecture 2.0, 1.3.2; Sonos",
        elsewhere=ANSWERS,
    ),
    Payload(
        service="yeelight",
        ports=(1982,),
        data=search("239.255.255.250:1982", "wifi_bulb"),
        source="Yeelight WiFi Light Inter-Operation Specification, 3.1",
        elsewhere=ANSWERS,
    ),
    Payload(
        service="plex-gdm",
        ports=(32410, 32412, 32413, 32414),
        data=lines("M-SEARCH * HTTP/1.0"),
        source="Plex Good Day Mate",
        elsewhere=ANSWERS,
    ),
)
