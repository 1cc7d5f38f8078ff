"""SADP: the search of Hikvision's tools for cameras and recorders."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="hikvision-sadp",
        ports=(37020,),
        data=b'<?xml version="1.0" encoding="utf-8"?>'
        b"<Probe><Uuid>50657269-706C-4573-8000-000000000000</Uuid><Types>inquiry</Types></Probe>",
        source="Hikvision SADP",
    ),
)
