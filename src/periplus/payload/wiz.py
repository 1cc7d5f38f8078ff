"""WiZ: a lamp's present state. Nothing is switched."""

import json

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PAYLOADS = (
    Payload(
        service="wiz",
        ports=(38899,),
        data=json.dumps({"method": "getPilot", "params": {}}).encode("ascii"),
        source="WiZ local control",
    ),
)
