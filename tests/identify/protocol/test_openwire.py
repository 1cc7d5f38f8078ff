"""OpenWire: what activemq of Debian 12 greets with on the loopback."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.openwire import PROTOCOL, properties_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "activemq of Debian 12": [
        (
            "<",
            bytes.fromhex(
                "00000152014163746976654d510000000c01000001400000000d0011537461636b5472616365456e61626c65"
                "640101000f506c6174666f726d44657461696c730900044a617661000c4361636865456e61626c6564010100"
                "115463704e6f44656c6179456e61626c65640101001253697a6550726566697844697361626c656401000009"
                "436163686553697a650500000400000c50726f76696465724e616d650900084163746976654d510014546967"
                "6874456e636f64696e67456e61626c65640101000c4d61784672616d6553697a65067fffffffffffffff0015"
                "4d6178496e61637469766974794475726174696f6e06000000000000753000204d6178496e61637469766974"
                "794475726174696f6e496e6974616c44656c617906000000000000271000134d61784672616d6553697a6545"
                "6e61626c65640101000f50726f766964657256657273696f6e090006352e31372e32"
            ),
        ),
    ],
    "no OpenWire": [("<", b"\0\0\0\x0d\1ActiveMX\0\0\0\1")],
}


def test_activemq() -> None:
    service = play(PROTOCOL, SCRIPTS["activemq of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("openwire", "Apache ActiveMQ", "5.17.2")
    assert service.detail["protocol"] == 12


def test_what_is_no_openwire_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no OpenWire"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, properties_untrusted)
    survive(b"ProviderVersion\x09" + data, properties_untrusted)
