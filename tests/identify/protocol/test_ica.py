"""ICA: the mark that Citrix documents."""

from tests.identify.script import Line, play

from periplus.identify.protocol.ica import MARK, PROTOCOL

SCRIPTS: dict[str, list[Line]] = {
    "a server": [("<", MARK * 2)],
    "a server that is asked once": [("<", MARK)],
    "no ICA": [("<", b"\x7f\x7fIKA\0")],
}


def test_ica() -> None:
    service = play(PROTOCOL, SCRIPTS["a server"])
    assert (service.protocol, service.product, service.confidence) == ("ica", "Citrix ICA", 0.98)
    assert play(PROTOCOL, SCRIPTS["a server that is asked once"]).confidence == 0.95


def test_what_is_no_ica_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no ICA"]).protocol is None
