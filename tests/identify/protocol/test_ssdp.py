"""SSDP, by what minissdpd of Debian 12 answers, and by the UPnP Device Architecture."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.ssdp import PROTOCOL, QUESTION, answer_untrusted

ANSWER = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: upnp:rootdevice\r\nUSN: uuid:50657269-00"
    b"00-0000-0000-000000000001::upnp:rootdevice\r\nEXT:\r\nSERVER: Debian/12 UPnP/1.1 MiniUPnPd/2."
    b'3.1\r\nLOCATION: http://127.0.0.1:5000/rootDesc.xml\r\nOPT: "http://schemas.upnp.org/upnp/1/0'
    b'/"; ns=01\r\n01-NLS: 1795648622\r\nBOOTID.UPNP.ORG: 1795648622\r\nCONFIGID.UPNP.ORG: 1337\r\n'
    b"\r\n"
)
SCRIPTS: dict[str, list[Line]] = {
    "minissdpd": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
    "HTTP": [(">", QUESTION.data), ("<", b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")],
}


def test_minissdpd() -> None:
    service = play(PROTOCOL, SCRIPTS["minissdpd"])
    assert (service.protocol, service.product, service.version) == ("ssdp", "MiniUPnPd", "2.3.1")
    assert service.detail["location"] == "http://127.0.0.1:5000/rootDesc.xml"


def test_what_is_no_answer_to_a_search() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["HTTP"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)
