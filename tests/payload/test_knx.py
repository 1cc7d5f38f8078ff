"""Requests, read by scapy."""

import pytest
from scapy.contrib.knx import KNX, KNXDescriptionRequest, KNXSearchRequest
from tests.payload.reading import data


@pytest.mark.parametrize(
    ("service", "kind", "layer"),
    [
        ("knx-search", 0x0201, KNXSearchRequest),
        ("knx-description", 0x0203, KNXDescriptionRequest),
    ],
)
def test_the_answer_goes_back_where_the_request_came_from(service: str, kind: int, layer: type) -> None:
    packet = KNX(data(service))
    assert (packet.header_length, packet.protocol_version) == (6, 0x10)
    assert (packet.service_identifier, packet.total_length) == (kind, len(data(service)))
    request = packet[layer]
    endpoint = getattr(request, "discovery_endpoint", None) or request.control_endpoint
    assert (endpoint.host_protocol, endpoint.ip_address, endpoint.port) == (1, "0.0.0.0", 0)
