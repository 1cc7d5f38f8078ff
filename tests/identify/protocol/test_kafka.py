"""Kafka: answers by the protocol guide, with versions of Kafka 3.9's."""

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
SCRIPTS: dict[str, list[Line]] = {
    "Kafka 3.9": [(">", QUESTION), ("<", answer(KEYS))],
    "another number": [(">", QUESTION), ("<", answer(KEYS, 1))],
    "no list of requests": [(">", QUESTION), ("<", answer({0: (0, 1)}))],
}


def test_kafka() -> None:
    service = play(PROTOCOL, SCRIPTS["Kafka 3.9"])
    assert (service.protocol, service.info) == ("kafka", "requests of Kafka 3.9 or later")
    assert service.detail["apis"] == {"0": 11, "1": 17, "3": 12, "18": 4}


def test_what_is_no_kafka_is_not_known() -> None:
    for name in ("another number", "no list of requests"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, versions_untrusted)
    survive(struct.pack("!IH", CORRELATION, 0) + data, versions_untrusted)
