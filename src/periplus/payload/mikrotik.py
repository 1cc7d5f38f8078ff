"""MNDP: MikroTik's neighbour discovery; an empty header asks for an announcement."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (Payload(service="mikrotik-mndp", ports=(5678,), data=bytes(4), source="MikroTik MNDP"),)
