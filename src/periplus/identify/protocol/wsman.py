"""WS-Management (WinRM and its kin): the Identify request, which is answered before any login.

DMTF DSP0226 section 11; MS-WSMV section 3.1.4.1 for the header that asks for no login.

Identified by an IdentifyResponse; what is only HTTP is left to HTTP.
"""

import re

from periplus.errors import BadReply
from periplus.identify.http.message import asked, request
from periplus.identify.http.texts import told_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Talk, Told

__all__ = ["IDENTIFY", "PROTOCOL", "identity_untrusted"]

IDENTIFY = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    b'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    b"<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)
HEADERS = (("Content-Type", "application/soap+xml;charset=UTF-8"), ("WSMANIDENTIFY", "unauthenticated"))
ELEMENT = re.compile(
    rb"<(?:\w{1,20}:)?(Product(?:Vendor|Version)|ProtocolVersion|SecurityProfileName)>([^<]{0,300})<"
)
MARK = b"IdentifyResponse"
SYSTEM = re.compile(r"OS: ([1-9]\d*\.\d+\.\d+)")  # zeros unless the server is told to say it


def talk_untrusted(peer: Peer) -> Talk:
    """Ask who it is."""
    answer = yield from asked(request(peer, "/wsman", "POST", HEADERS, IDENTIFY))
    said = identity_untrusted(answer.body)
    yield Known(0.97, "IdentifyResponse of WS-Management")
    system = SYSTEM.search(said.get("ProductVersion", ""))
    yield Told(
        texts={"wsman.product": f"{said.get('ProductVendor', '')} {said.get('ProductVersion', '')}".strip()},
        os=f"Windows {system[1]}" if system and "Microsoft" in said.get("ProductVendor", "") else None,
        detail={**said},
    )
    yield told_untrusted(answer, "/wsman")


def identity_untrusted(body: bytes) -> dict[str, str]:
    """Return what an IdentifyResponse says; raises BadReply when it is none."""
    if MARK not in body:
        raise BadReply("no IdentifyResponse")
    return {
        found[1].decode(): " ".join(found[2].decode("utf-8", "replace").split())
        for found in ELEMENT.finditer(body)
    }


PROTOCOL = Protocol(
    name="wsman",
    title="WS-Management",
    source="DMTF DSP0226",
    talk=talk_untrusted,
    ports=(5985, 47001),
    tls_ports=(5986,),
    rarity=8,
)
