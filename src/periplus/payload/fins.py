"""FINS: model and version of an Omron controller. Industrial equipment: only for ports named."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

COMMAND_WITH_REPLY, RESERVED, GATEWAYS = 0x80, 0, 2
THIS_UNIT = bytes(3)  # network, node and unit of the one that reads it
FROM = bytes([0, 0xFE, 0])
SERVICE_ID = 0x50
CONTROLLER_DATA_READ = bytes([5, 1])
ALL_DATA = b"\0"

PAYLOADS = (
    Payload(
        service="omron-fins",
        ports=(9600,),
        data=bytes([COMMAND_WITH_REPLY, RESERVED, GATEWAYS])
        + THIS_UNIT
        + FROM
        + bytes([SERVICE_ID])
        + CONTROLLER_DATA_READ
        + ALL_DATA,
        source="Omron W342, CONTROLLER DATA READ",
        careful=True,
    ),
)
