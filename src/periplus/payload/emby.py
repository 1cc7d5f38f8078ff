"""Emby and Jellyfin: the question by which players find the media server."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(service="emby", ports=(7359,), data=b"who is EmbyServer?", source="Emby, locating the server"),
    Payload(
        service="jellyfin", ports=(7359,), data=b"who is JellyfinServer?", source="Jellyfin, client discovery"
    ),
)
