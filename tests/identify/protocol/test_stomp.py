"""STOMP: what rabbitmq-server and activemq of Debian 12 answer on the loopback (the latter's trace shortened)."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.stomp import PROTOCOL, QUESTION, frame_untrusted

ACTIVEMQ = (
    b"ERROR\ncontent-type:text/plain\n"
    b"message:Invalid Protocol version[0.0], supported versions are: [1.2, 1.1, 1.0]\n\n"
    b"org.apache.activemq.transport.stomp.ProtocolException: Invalid Protocol version[0.0]\n\0\n"
)
SCRIPTS: dict[str, list[Line]] = {
    "rabbitmq-server of Debian 12": [
        (">", None),
        (
            "<",
            (
                b"ERROR\nmessage:Version mismatch\ncontent-type:text/plain\nversion:1.0,1.1,1.2\ncontent-len"
                b"gth:35\n\nSupported versions are 1.0,1.1,1.2\n\x00\n"
            ),
        ),
    ],
    "activemq of Debian 12": [(">", QUESTION), ("<", ACTIVEMQ)],
    "no STOMP": [(">", QUESTION), ("<", b"ERROR\n\0")],
}


def test_rabbitmq() -> None:
    service = play(PROTOCOL, SCRIPTS["rabbitmq-server of Debian 12"])
    assert (service.protocol, service.product) == ("stomp", "RabbitMQ")
    assert service.detail["version"] == "1.0,1.1,1.2"


def test_activemq() -> None:
    assert play(PROTOCOL, SCRIPTS["activemq of Debian 12"]).product == "Apache ActiveMQ"


def test_what_is_no_stomp_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no STOMP"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, frame_untrusted)
    survive(b"ERROR\nmessage:" + data, frame_untrusted)
