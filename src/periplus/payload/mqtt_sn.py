"""MQTT-SN: a ping to a gateway of sensor networks, without a client's name."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SIZE, PING_REQUEST = 2, 0x16

PAYLOADS = (
    Payload(
        service="mqtt-sn",
        ports=(1883, 10000),
        data=bytes([SIZE, PING_REQUEST]),
        source="MQTT-SN 1.2, 5.4",
    ),
)
