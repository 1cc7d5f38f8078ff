"""WS-Management: an IdentifyResponse as MS-WSMV section 4.1.1 and DSP0226 section 11 show it."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.wsman import IDENTIFY, PROTOCOL, identity_untrusted
from periplus.identify.talk import Conversation, Say

RESPONSE = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><wsmid:IdentifyResponse '
    b'xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><wsmid:ProtocolVersion>'
    b"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion><wsmid:ProductVendor>%s"
    b"</wsmid:ProductVendor><wsmid:ProductVersion>%s</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>"
)


def answer(vendor: bytes, version: bytes) -> bytes:
    body = RESPONSE % (vendor, version)
    head = b"HTTP/1.1 200 \r\nContent-Type: application/soap+xml;charset=UTF-8\r\nServer: Microsoft-HTTPAPI/2.0\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


HIDDEN = answer(b"Microsoft Corporation", b"OS: 0.0.0 SP: 0.0 Stack: 3.0")
SHOWN = answer(b"Microsoft Corporation", b"OS: 10.0.17763 SP: 0.0 Stack: 3.0")
SCRIPTS: dict[str, list[Line]] = {
    "WinRM": [(">", None), ("<", HIDDEN)],
    "WinRM that tells": [(">", None), ("<", SHOWN)],
    "Openwsman": [(">", None), ("<", answer(b"Openwsman Project", b"2.7.1"))],
    "a web server": [(">", None), ("<", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")],
}


def test_winrm() -> None:
    service = play(PROTOCOL, SCRIPTS["WinRM"])
    assert (service.protocol, service.product, service.os) == ("wsman", "WinRM", "Windows")
    assert service.detail["ProductVersion"] == "OS: 0.0.0 SP: 0.0 Stack: 3.0"


def test_winrm_that_tells_its_system() -> None:
    assert play(PROTOCOL, SCRIPTS["WinRM that tells"]).os == "Windows 10.0.17763"


def test_openwsman() -> None:
    service = play(PROTOCOL, SCRIPTS["Openwsman"])
    assert (service.product, service.version) == ("Openwsman", "2.7.1")


def test_a_web_server_is_left_to_http() -> None:
    assert play(PROTOCOL, SCRIPTS["a web server"]).protocol is None


def test_no_login_is_asked_for() -> None:
    [say, _] = Conversation(PROTOCOL.talk(PEER)).start()
    assert isinstance(say, Say)
    assert say.data.startswith(b"POST /wsman HTTP/1.1\r\n")
    assert b"\r\nWSMANIDENTIFY: unauthenticated\r\n" in say.data
    assert b"Authorization" not in say.data
    assert say.data.endswith(IDENTIFY)


@given(st.binary(max_size=200))
def test_any_body(data: bytes) -> None:
    for body in (data, b"<a:IdentifyResponse><a:ProductVendor>" + data):
        with suppress(BadReply):
            assert all(isinstance(each, str) for each in identity_untrusted(body).values())
