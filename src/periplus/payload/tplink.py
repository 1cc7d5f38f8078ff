"""Kasa: TP-Link's plugs and lamps, asked for their facts. Nothing is switched.

The text is disguised, not encrypted: each byte is combined with the disguised one before it.
"""

from itertools import accumulate
from operator import xor

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

QUESTION = b'{"system":{"get_sysinfo":{}}}'
FIRST_KEY = 171

PAYLOADS = (
    Payload(
        service="tplink-kasa",
        ports=(9999,),
        data=bytes(accumulate(QUESTION, xor, initial=FIRST_KEY))[1:],
        source="TP-Link Smart Home Protocol",
    ),
)
