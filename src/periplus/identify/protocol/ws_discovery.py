"""WS-Discovery: a probe for any device, sent to one host: printers, Windows hosts, cameras.

WS-Discovery 2005/04, section 5; ONVIF Core Specification, 7.3, for the scopes of cameras.

Identified by ProbeMatches that relate to our message.

Limits: the XML is searched for what is wanted, and not read as XML: nothing of a peer's is given to an XML parser.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.ws_discovery import MESSAGE, PAYLOADS

__all__ = ["PROTOCOL", "matches_untrusted"]

MOST = 65_535
WANTED = {"types": "Types", "scopes": "Scopes", "addresses": "XAddrs", "endpoint": "Address"}
ONVIF_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware|location)/(\S+)")
TAG = r"<(?:[\w\-]{1,20}:)?%s(?:\s[^>]{0,500})?>([^<]{0,4000})<"


def matches_untrusted(data: bytes) -> Answered:
    """Read ProbeMatches; raises BadReply."""
    from urllib.parse import unquote

    text = data[:MOST].decode("utf-8", "replace")
    if "ProbeMatches" not in text or "Envelope" not in text or MESSAGE not in text:
        raise BadReply("no matches of our probe")
    found = {key: re.search(TAG % name, text) for key, name in WANTED.items()}
    detail: dict[str, Detail] = {
        key: each[1].strip() for key, each in found.items() if each and each[1].strip()
    }
    scopes = str(detail.get("scopes", ""))
    device = {key: unquote(value) for key, value in ONVIF_SCOPE.findall(scopes)}
    texts = {"ws-discovery.types": str(detail["types"])} if "types" in detail else {}
    if "hardware" in device or "name" in device:
        texts["onvif.device"] = f"{device.get('name', '')} {device.get('hardware', '')}".strip()
    return Answered(0.97, "matches of our probe", Told(texts=texts, detail={**detail, **device}))


QUESTION = Question(PAYLOADS[0].data, matches_untrusted)
PROTOCOL = Protocol(
    name="ws-discovery",
    title="Web Services Dynamic Discovery",
    source="WS-Discovery 2005/04",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(3702,),
    rarity=7,
)
