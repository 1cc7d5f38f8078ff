"""What formats say of an identified service: its name, a line on its version, and Nmap's words for both.

Everything here comes from a peer and is made printable where it is written.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from periplus.findings import Way
from periplus.result.row import HostReport, ServiceRow

__all__ = ["by_port", "from_the_start", "host_facts", "nmap_cpe", "nmap_name", "said", "version_text"]

UNQUOTED = "~"  # beside letters, digits, and _ . -
SAYS = {
    "unknown": "says something that is not understood",
    "silent": "takes connections and says nothing",
    "closing": "takes connections and closes them",
    "refused": "took no connection when asked who is there",
    "fault": "could not be asked: a mistake of Periplus",
}


MOST_SAID = 2_048
MOST_SHOWN = 40  # of it in a table


def said(service: ServiceRow) -> str | None:
    """Return what an unknown service said, a letter a byte, for whoever wants to make a signature of it."""
    if service.came != "unknown":
        return None
    heard = b"".join(each.data for each in service.passages if each.way is Way.THEIRS)
    return heard[:MOST_SAID].decode("latin-1") or None


def by_port(host: HostReport) -> dict[tuple[str, int], ServiceRow]:
    """Return the host's services by protocol and port."""
    return {(each.proto, each.port): each for each in host.services}


def nmap_name(service: ServiceRow | None, table: str | None) -> str | None:
    """Return the name as Nmap writes it: ``ssl/http`` inside TLS, ``http?`` where only the port's number says so."""
    if service is None:
        return table
    if service.name is None:
        bare = table or "unknown"
        return f"ssl/{bare}?" if service.tls else f"{bare}?"
    return f"ssl/{service.name}" if from_the_start(service) else service.name


def from_the_start(service: ServiceRow) -> bool:
    """Return whether connections begin with TLS; where it begins later (STARTTLS) the service is told by itself."""
    return service.tls is not None and not service.tls.get("starttls")


def version_text(service: ServiceRow | None) -> str:
    """Return product, version and what else belongs to it: ``OpenSSH 9.2p1 (Debian 2+deb12u3)``.

    What runs in a server or behind it follows: ``Werkzeug 3.1.9 (Python 3.11.7); TensorBoard``. Of a service that is
    unknown it is the beginning of what it says.
    """
    if service is None:
        return ""
    if service.name is None:
        heard = (said(service) or "").strip()
        shown = f": {heard[:MOST_SHOWN]}{'...' if len(heard) > MOST_SHOWN else ''}" if heard else ""
        return SAYS.get(service.came, service.came) + shown
    words = " ".join(filter(None, (service.product, service.version)))
    itself = f"{words} ({service.info})" if words and service.info else words or service.info or ""
    return "; ".join(filter(None, (itself, *_components(service, itself))))


def _components(service: ServiceRow, itself: str) -> Iterator[str]:
    """Yield product and version of what else speaks through the port, unless it is another word for it."""
    held = service.detail.get("components")
    for each in held if isinstance(held, list) else ():
        if isinstance(each, dict) and str(each.get("product")).lower() not in itself.lower():
            yield " ".join(str(each[key]) for key in ("product", "version") if each.get(key))


def host_facts(host: HostReport) -> Iterator[tuple[str, str]]:
    """Yield what the services of a host say of the host, each thing once: Host, OS, Device, CPE."""
    named = (
        ("Host", [each.hostname for each in host.services]),
        ("OS", [each.os for each in host.services]),
        ("Device", [each.device for each in host.services]),
        ("CPE", [cpe for each in host.services for cpe in each.cpe if not cpe.startswith("cpe:2.3:a:")]),
    )
    for title, values in named:
        known = dict.fromkeys(value for value in values if value)
        if known:
            yield title, ", ".join(known)


def nmap_cpe(name: str) -> str:
    """Return a CPE 2.3 name in the older form of a URI, which Nmap's XML holds: ``cpe:/a:openbsd:openssh:9.2p1``."""
    parts = re.split(r"(?<!\\):", name.removeprefix("cpe:2.3:"))
    plain = ["" if part == "*" else quote(part.replace("\\", ""), safe=UNQUOTED) for part in parts]
    return f"cpe:/{':'.join(plain).rstrip(':')}"
