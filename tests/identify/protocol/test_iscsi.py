"""iSCSI: what tgt of Debian 12 answers on the loopback."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.iscsi import KEYS, PROTOCOL, question, response_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "tgt of Debian 12": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "2300000000000000000000000000000050657269000000000000000000000000000000000205000000000000"
                "00000000"
            ),
        ),
    ],
    "another tag": [(">", question()), ("<", b"\x23" + bytes(47))],
}


def test_question() -> None:
    asked = question()
    assert len(asked) % 4 == 0
    assert int.from_bytes(asked[5:8], "big") == len(KEYS)
    assert asked[2:4] == b"\xff\xff"  # no target has this version, so none lets it in


def test_target() -> None:
    service = play(PROTOCOL, SCRIPTS["tgt of Debian 12"])
    assert (service.protocol, service.detail["status"]) == ("iscsi-target", "unsupported version")


def test_what_is_no_target_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["another tag"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, response_untrusted)
