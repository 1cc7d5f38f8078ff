"""AMQP: what rabbitmq-server of Debian 12 answers on the loopback, and headers by AMQP 1.0."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.amqp import PROTOCOL, start_untrusted, table_untrusted

OURS = b"AMQP\0\0\x09\1"
SCRIPTS: dict[str, list[Line]] = {
    "rabbitmq-server of Debian 12": [
        (">", b"AMQP\x00\x00\t\x01"),
        (
            "<",
            (
                b"\x01\x00\x00\x00\x00\x01\xee\x00\n\x00\n\x00\t\x00\x00\x01\xc9\x0ccapabilitiesF\x00\x00\x00"
                b"\xc7\x12publisher_confirmst\x01\x1aexchange_exchange_bindingst\x01\nbasic.nackt\x01\x16con"
                b"sumer_cancel_notifyt\x01\x12connection.blockedt\x01\x13consumer_prioritiest\x01\x1cauthent"
                b"ication_failure_closet\x01\x10per_consumer_qost\x01\x0fdirect_reply_tot\x01\x0ccluster_nam"
                b"eS\x00\x00\x00\x07iddb@vm\tcopyrightS\x00\x00\x007Copyright (c) 2007-2022 VMware, Inc. or "
                b"its affiliates.\x0binformationS\x00\x00\x009Licensed under the MPL 2.0. Website: https://r"
                b"abbitmq.com\x08platformS\x00\x00\x00\x11Erlang/OTP 25.2.3\x07productS\x00\x00\x00\x08Rabbi"
                b"tMQ\x07versionS\x00\x00\x00\x063.10.8\x00\x00\x00\x0eAMQPLAIN PLAIN\x00\x00\x00\x05en_US\xce"
            ),
        ),
    ],
    "a broker of 1.0": [(">", OURS), ("<", b"AMQP\0\1\0\0"), ("end", b"closed")],
    "a broker of 1.0 that wants SASL": [(">", OURS), ("<", b"AMQP\3\1\0\0"), ("end", b"closed")],
    "no AMQP": [(">", OURS), ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")],
}
TABLE = b"\1at\1\1bI\0\0\0\7\1cF\0\0\0\4\1dtA\1eA\0\0\0\1x\1fV\1gD\0\0\0\0\1\1hs\0\1"


def test_rabbitmq() -> None:
    service = play(PROTOCOL, SCRIPTS["rabbitmq-server of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("amqp", "RabbitMQ", "3.10.8")
    assert service.detail["mechanisms"] == ["AMQPLAIN", "PLAIN"]


def test_headers() -> None:
    service = play(PROTOCOL, SCRIPTS["a broker of 1.0"])
    assert (service.protocol, service.detail) == ("amqp", {"protocol": "1.0", "sasl": False})
    assert play(PROTOCOL, SCRIPTS["a broker of 1.0 that wants SASL"]).detail["sasl"] is True


def test_a_table_of_every_kind() -> None:
    wanted = {"a": True, "b": 7, "c": {"d": True}, "e": b"x".hex(), "f": None, "g": "0000000001", "h": 1}
    assert table_untrusted(TABLE) == wanted


def test_what_is_no_amqp_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no AMQP"]).protocol is None


@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    survive(data, table_untrusted, start_untrusted)
    survive(b"\0\x0a\0\x0a" + data, start_untrusted)
    survive(TABLE[: len(data) % len(TABLE)] + data, table_untrusted)
