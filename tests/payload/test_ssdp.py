"""Searches, read as HTTP headers by the standard library and by our strict reader."""

from email import message_from_bytes

import pytest
from tests.payload.reading import data, start_and_headers


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("ssdp", "upnp:rootdevice"),
        ("ssdp-sonos", "urn:schemas-upnp-org:device:ZonePlayer:1"),
        ("yeelight", "wifi_bulb"),
    ],
)
def test_a_search_names_its_target(service: str, target: str) -> None:
    start, headers = start_and_headers(data(service))
    assert start == "M-SEARCH * HTTP/1.1"
    assert headers.keys() == {"host", "man", "st"}
    assert (headers["man"], headers["st"]) == ('"ssdp:discover"', target)
    parsed = message_from_bytes(data(service).partition(b"\r\n")[2])
    assert (parsed["ST"], parsed.get_payload(), parsed.defects) == (target, "", [])


def test_plex_is_asked_by_one_line() -> None:
    assert start_and_headers(data("plex-gdm")) == ("M-SEARCH * HTTP/1.0", {})
