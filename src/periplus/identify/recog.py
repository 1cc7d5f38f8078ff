"""Recog's fingerprints, read from the user's own folder, as more signatures behind ours.

Recog (Rapid7, BSD licence) is XML: a file is for one kind of text (``matches="ssh.banner"``) and holds
fingerprints with a pattern and parameters, of which a position takes a group and a value may hold others in
braces. `FIELDS` says which of our texts a kind is, and by an expression what stands before it there. A file that
names no kind is of the kind that it is called by. The patterns are Ruby's, whose ``^`` and ``$`` are those of a
line; what Python cannot compile is told by file and pattern.

Limits: kinds of text that no conversation of ours has are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from periplus.errors import UsageError
from periplus.identify.signature import Signature, unnested

__all__ = ["FIELDS", "read_recog"]

FIELDS = {
    "ssh.banner": ("ssh.software", ""),
    "ftp.banner": ("ftp.greeting", ""),
    "smtp.banner": ("smtp.greeting", ""),
    "imap4.banner": ("imap.greeting", "(?:OK|PREAUTH|BYE) "),
    "pop3.banner": ("pop3.greeting", ""),
    "nntp.banner": ("nntp.greeting", ""),
    "telnet_banners": ("telnet.banner", ""),
    "http_header.server": ("http.server", ""),
    "http_header.x-powered-by": ("http.powered", ""),
    "http_header.wwwauth": ("http.auth", ""),
    "http_header.cookie": ("http.header", "set-cookie: "),
    "html_title": ("http.title", ""),
    "favicon.md5": ("http.favicon_md5", ""),
    "snmp.sys_description": ("snmp.sysdescr", ""),
    "dns.versionbind": ("dns.version", ""),
    "sip_header.server": ("sip.server", ""),
    "sip_header.user_agent": ("sip.server", ""),
    "rtsp_header.server": ("rtsp.server", ""),
    "mysql.banners": ("mysql.version", ""),
    "mysql.error": ("mysql.error", ""),
    "smb.native_os": ("smb.native", ""),
    "smb.native_lm": ("smb.native", ""),
}
CPES = ("service.cpe23", "os.cpe23", "hw.cpe23")
LINES = "(?m)"
_BRACED = re.compile(r"\{([\w.]+)\}")


def read_recog(text: str, file: str) -> tuple[list[Signature], list[str]]:
    """Return a file's signatures, and what of it cannot be used. UsageError: it is no Recog file."""
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise UsageError(f"{file}: no XML: {error}") from None
    field, before = FIELDS.get(root.get("matches") or file.removesuffix(".xml"), ("", ""))
    signatures: list[Signature] = []
    problems: list[str] = []
    for entry in root.iter("fingerprint") if field else ():
        try:
            signatures.append(_signature(entry, field, before, file))
        except (re.error, ValueError, OverflowError) as error:
            problems.append(f"{file}: {entry.get('pattern', '')!r}: {error}")
    return signatures, problems


def _signature(entry: ET.Element, field: str, before: str, file: str) -> Signature:
    pattern = entry.get("pattern", "")
    if before and pattern.startswith("^"):
        pattern = f"^{before}{pattern[1:]}"
    groups = {
        int(each.get("pos", "0")): each.get("name", "")
        for each in entry.iter("param")
        if each.get("pos") != "0"
    }
    values = dict(_values(entry))
    made = Signature(
        field, LINES + _named(unnested(pattern), groups), entry.findtext("example") or "", file, version=None
    )
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
