"""Kafka: answers by the protocol guide, with versions of Kafka 3.9's, librdkafka's and Tansu's."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.kafka import CORRELATION, PROTOCOL, QUESTION, versions_untrusted


def answer(keys: dict[int, tuple[int, int]], correlation: int = CORRELATION) -> bytes:
    body = b"".join(struct.pack("!3H", key, *range_) for key, range_ in keys.items())
    body = struct.pack("!IHI", correlation, 0, len(keys)) + body
    return struct.pack("!I", len(body)) + body


KEYS = {0: (0, 11), 1: (0, 17), 3: (0, 12), 18: (0, 4)}
LIBRDKAFKA = bytes.fromhex(
    "0000009a4b61666b00000000001800000000000a00010000001000020000000700030000000d00080000"
    "0009000900000006000a00000003000b00000006000c00000005000d00000004000e0000000400120000"
    "0002001600000004001700020002001800000001001900000001001a00000001001c0000000300440001"
    "0001004700000000004800000000004c00010001004e00010001004f00010001"
)
TANSU = bytes.fromhex(
    "000000e24b61666b000000000024000b00000009000f00000005004700000000002c0000000100450000"
    "0000004b00000000001e00000003001900000004002a00000002002e00000000000e0000000500010000"
    "0011001000000005002400000002000a0000000600080000000900020000000900030000000c00130000"
    "0007001100000001003300000000000d00000005001c00000004001500000002003200000000001a0000"
    "0004000c00000004002000000004001200000004001d0000000300140000000600000000000b003c0000"
    "0001001600000005001800000005000900000009"
)
SCRIPTS: dict[str, list[Line]] = {
    "Kafka 3.9": [(">", QUESTION), ("<", answer(KEYS))],
    "librdkafka's mock broker, confluent-kafka 2.16.1": [(">", QUESTION), ("<", LIBRDKAFKA)],
    "Tansu 0.6.0": [(">", QUESTION), ("<", TANSU)],
    "another number": [(">", QUESTION), ("<", answer(KEYS, 1))],
    "no list of requests": [(">", QUESTION), ("<", answer({0: (0, 1)}))],
}


def test_kafka() -> None:
    service = play(PROTOCOL, SCRIPTS["Kafka 3.9"])
    assert (service.protocol, service.info) == ("kafka", "requests of Kafka 3.9 or later")
    assert service.detail["apis"] == {"0": 11, "1": 17, "3": 12, "18": 4}


def test_other_brokers() -> None:
    names = ("librdkafka's mock broker, confluent-kafka 2.16.1", "Tansu 0.6.0")
    services = [play(PROTOCOL, SCRIPTS[name]) for name in names]
    assert [(each.product, each.info) for each in services] == [
        (None, "requests of Kafka 3.7 or later"),
        (None, "requests of Kafka 3.9 or later"),
    ]


def test_what_is_no_kafka_is_not_known() -> None:
    for name in ("another number", "no list of requests"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, versions_untrusted)
    survive(struct.pack("!IH", CORRELATION, 0) + data, versions_untrusted)
