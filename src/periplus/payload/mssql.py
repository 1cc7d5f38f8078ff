"""SQL Server browser: which instances a host has, and on which ports. The request sent to one host, not to all."""

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

UNICAST_REQUEST = b"\x03"

PAYLOADS = (Payload(service="mssql-browser", ports=(1434,), data=UNICAST_REQUEST, source="MC-SQLR, 2.2.2"),)
