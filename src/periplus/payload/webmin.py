"""Webmin: answers any datagram with the address of its web server."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(service="webmin", ports=(10000,), data=b"periplus\n", source="Webmin, broadcasting servers"),
)
