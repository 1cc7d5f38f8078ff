"""Transport parameters, as caddy of Debian 12 sends them, and as aioquic writes them."""

from aioquic._buffer import Buffer
from aioquic.quic.packet import (
    QuicPreferredAddress,
    QuicTransportParameters,
    QuicVersionInformation,
    push_quic_transport_parameters,
)
from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import survive

from periplus.identify.cursor import Cursor
from periplus.identify.quic.parameters import _addresses_untrusted, parameters_untrusted


def written(parameters: QuicTransportParameters) -> bytes:
    buffer = Buffer(capacity=1024)
    push_quic_transport_parameters(buffer, parameters)
    return bytes(buffer.data)


EVERY = written(
    QuicTransportParameters(
        original_destination_connection_id=b"\1" * 8,
        max_idle_timeout=30_000,
        max_udp_payload_size=1452,
        initial_max_data=786_432,
        disable_active_migration=True,
        preferred_address=QuicPreferredAddress(
            ("198.18.0.9", 443), ("2001:db8::9", 444), b"\2" * 8, b"\3" * 16
        ),
        version_information=QuicVersionInformation(1, [1, 0x6B3343CF]),
        max_datagram_frame_size=65_536,
    )
)
GREASE = b"\x1b\x02\xff\xff"  # 27


def test_parameters_by_name_and_in_their_order() -> None:
    told = parameters_untrusted(GREASE + EVERY)
    assert told["parameters"] == {
        "max_idle_timeout": 30_000,
        "max_udp_payload_size": 1452,
        "initial_max_data": 786_432,
        "disable_active_migration": True,
        "preferred_address": ["198.18.0.9:443", "[2001:db8::9]:444"],
        "versions": ["0x00000001", "0x00000001", "0x6b3343cf"],
        "max_datagram_frame_size": 65_536,
    }
    assert told["order"] == "0,1,3,4,c,d,11,20"


def test_nothing_is_no_parameter() -> None:
    assert parameters_untrusted(b"") == {"parameters": {}, "order": ""}


def test_many_are_cut() -> None:
    assert str(parameters_untrusted(b"\x21\0" * 500)["order"]).count("21") == 64


@given(damaged(EVERY, GREASE))
def test_any_bytes(data: bytes) -> None:
    survive(data, parameters_untrusted, lambda each: _addresses_untrusted(Cursor(each)))
