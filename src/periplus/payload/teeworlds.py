"""Teeworlds and DDNet: a game server's facts, by the message of the server browser."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

OUT_OF_BAND = b"\xff" * 6
GET_INFO = b"\xff" * 4 + b"gie3"
TOKEN = b"\x50"

PAYLOADS = (
    Payload(
        service="teeworlds",
        ports=(8303,),
        data=OUT_OF_BAND + GET_INFO + TOKEN,
        source="Teeworlds 0.6, connectionless packets",
    ),
)
