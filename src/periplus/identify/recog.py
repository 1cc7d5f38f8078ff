"""Recog's fingerprints, read from the user's own folder, as more signatures behind ours.

Recog (Rapid7, BSD licence) is XML: a file is for one kind of text (``matches="ssh.banner"``) and holds
fingerprints with a pattern and parameters, of which a position takes a group and a value may hold others in
braces. `FIELDS` says which of our texts a kind is. The patterns are Ruby's; what Python cannot compile is told
by file and pattern.

Limits: kinds of text that no conversation of ours has are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from periplus.errors import UsageError
from periplus.identify.signature import Signature

__all__ = ["FIELDS", "read_recog"]

FIELDS = {
    "ssh.banner": "ssh.software",
    "ftp.banner": "ftp.banner",
    "smtp.banner": "smtp.banner",
    "imap4.banner": "imap.banner",
    "pop3.banner": "pop3.banner",
    "nntp.banner": "nntp.banner",
    "telnet.banner": "telnet.banner",
    "http_header.server": "http.server",
    "html_title": "http.title",
    "http_header.wwwauth": "http.auth",
    "http_header.cookie": "http.cookie",
    "snmp.sys_description": "snmp.description",
    "dns.versionbind": "dns.version",
    "sip_header.server": "sip.server",
    "sip_header.user_agent": "sip.agent",
    "mysql.banners": "mysql.version",
}
CPES = ("service.cpe23", "os.cpe23", "hw.cpe23")
_BRACED = re.compile(r"\{([\w.]+)\}")


def read_recog(text: str, file: str) -> tuple[list[Signature], list[str]]:
    """Return a file's signatures, and what of it cannot be used. UsageError: it is no Recog file."""
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise UsageError(f"{file}: no XML: {error}") from None
    field = FIELDS.get(root.get("matches", ""))
    signatures: list[Signature] = []
    problems: list[str] = []
    for entry in root.iter("fingerprint") if field else ():
        try:
            signatures.append(_signature(entry, str(field), file))
        except (re.error, ValueError, OverflowError) as error:
            problems.append(f"{file}: {entry.get('pattern', '')!r}: {error}")
    return signatures, problems


def _signature(entry: ET.Element, field: str, file: str) -> Signature:
    pattern = entry.get("pattern", "")
    groups = {
        int(each.get("pos", "0")): each.get("name", "")
        for each in entry.iter("param")
        if each.get("pos") != "0"
    }
    values = dict(_values(entry))
    made = Signature(field, _named(pattern, groups), entry.findtext("example") or "", file, version=None)
    re.compile(made.match)
    return replace(
        made,
        product=values.get("service.product"),
        vendor=values.get("service.vendor"),
        version=values.get("service.version"),
        os=values.get("os.product"),
        device=values.get("hw.device"),
        hostname=values.get("host.name"),
        cpe=tuple(values[name].removeprefix("cpe:/") for name in CPES if name in values),
    )


def _values(entry: ET.Element) -> Iterator[tuple[str, str]]:
    """Yield parameters as templates of ours: ``{service_version}`` for what a group or another parameter gives."""
    for each in entry.iter("param"):
        name = each.get("name", "")
        fixed = each.get("value")
        yield name, _template(f"{{{name}}}" if fixed is None else fixed)


def _template(text: str) -> str:
    """Make names in braces ones that a group of Python's may have."""
    return _BRACED.sub(lambda found: f"{{{_word(found[1])}}}", text)


def _word(name: str) -> str:
    return name.replace(".", "_")


def _named(pattern: str, groups: dict[int, str]) -> str:
    """Give the numbered groups of a pattern their parameters' names."""
    number, at, pieces, in_set = 0, 0, [], False
    while at < len(pattern):
        step = 2 if pattern[at] == "\\" else 1
        piece = pattern[at : at + step]
        in_set = (piece == "[" or in_set) and piece != "]"
        if piece == "(" and not in_set and pattern[at + 1 : at + 2] != "?":
            number += 1
            name = groups.get(number)
            piece = f"(?P<{_word(name)}>" if name else "("
        pieces.append(piece)
        at += step
    return "".join(pieces)
