"""What readers of Nmap's XML look for as the output of its scripts: certificates, host keys, titles, cipher suites.

Each is the script's text and its tables, in the form that Nmap's own script of that name has, as far as the facts
go. The facts are plain values that may come from a file, so their form is looked at before they are used.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from periplus.findings import Detail
from periplus.result.row import ServiceRow
from periplus.result.tls import Table, enumerated

__all__ = ["scripts"]

Script = tuple[str, Table]
NAMES = {"CN": "commonName", "O": "organizationName", "C": "countryName"}
_ATTRIBUTE = re.compile(r"(?:^|, )(CN|O|C)=")
_ADDRESS = re.compile(r"[\d.]+|[\da-fA-F:.]*:[\da-fA-F:.]*")
ALGORITHMS = (
    ("kex_algorithms", "kex"),
    ("server_host_key_algorithms", "host_key"),
    ("encryption_algorithms", "cipher_to_client"),
    ("mac_algorithms", "mac_to_client"),
    ("compression_algorithms", "compression_to_client"),
)
KINDS_OF_KEYS = {"ssh-ed25519": "ED25519", "ssh-rsa": "RSA", "ssh-dss": "DSA"}


def scripts(service: ServiceRow) -> Iterator[tuple[str, str, Table | list[Table]]]:
    """Yield name, text and tables of each script that the service has something for."""
    for name, made in SCRIPTS.items():
        found = made(service)
        if found is not None:
            yield name, *found


def _certificate(service: ServiceRow) -> Script | None:
    found = service.tls.get("certificate") if service.tls else None
    if not isinstance(found, dict):
        return None
    told = {key: str(value) for key, value in found.items() if isinstance(value, str | int)}
    subject, issuer = (_attributes(told.get(each, "")) for each in ("subject", "issuer"))
    names = ", ".join(map(_alternative, _texts(found.get("names"))))
    extensions: list[Table] = [{"name": "X509v3 Subject Alternative Name", "value": names}] if names else []
    kind = told.get("key", "").partition(" ")[0].lower()
    began, ends = (told.get(each, "").partition("+")[0] for each in ("not_before", "not_after"))
    lines = (
        ("Subject", _joined(subject)),
        ("Subject Alternative Name", names),
        ("Issuer", _joined(issuer)),
        ("Public Key type", kind),
        ("Public Key bits", told.get("key_bits", "")),
        ("Signature Algorithm", told.get("signature", "")),
        ("Not valid before", began),
        ("Not valid after", ends),
        ("SHA-256", told.get("sha256", "")),
    )
    table: Table = {
        "subject": {**subject},
        "issuer": {**issuer},
        "pubkey": {"type": kind, "bits": told.get("key_bits", "")},
        "extensions": extensions,
        "sig_algo": told.get("signature", ""),
        "validity": {"notBefore": began, "notAfter": ends},
        "sha256": told.get("sha256", ""),
    }
    return "\n".join(f"{title}: {text}" for title, text in lines if text), table


def _attributes(name: str) -> dict[str, str]:
    """Take a name such as ``CN=a.example, O=Maker`` apart; what stands twice is joined."""
    _, *pieces = _ATTRIBUTE.split(name)
    found: dict[str, str] = {}
    for short, value in zip(pieces[::2], pieces[1::2], strict=True):
        key = NAMES[short]
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _joined(attributes: Mapping[str, str]) -> str:
    return "/".join(f"{key}={value}" for key, value in attributes.items())


def _alternative(name: str) -> str:
    return f"IP Address:{name}" if _ADDRESS.fullmatch(name) else f"DNS:{name}"


def _host_keys(service: ServiceRow) -> tuple[str, list[Table]] | None:
    if service.name != "ssh":
        return None
    tables: list[Table] = []
    lines = [""]
    held = service.detail.get("host_keys")
    for key in held if isinstance(held, list) else ():
        if not isinstance(key, dict):
            continue
        told = {name: str(value) for name, value in key.items() if isinstance(value, str | int)}
        kind, md5 = told.get("type", ""), told.get("md5", "")
        short = KINDS_OF_KEYS.get(kind, "ECDSA" if kind.startswith("ecdsa-") else kind)
        shown = ":".join(md5[at : at + 2] for at in range(0, len(md5), 2)) or told.get("sha256", "")
        lines.append(f"  {told.get('bits', '')} {shown} ({short})")
        named = (
            ("type", "type"),
            ("bits", "bits"),
            ("fingerprint", "md5"),
            ("sha256", "sha256"),
            ("key", "key"),
        )
        tables.append({name: told[ours] for name, ours in named if ours in told})
    return ("\n".join(lines), tables) if tables else None


def _algorithms(service: ServiceRow) -> Script | None:
    if service.name != "ssh":
        return None
    lists = {name: _texts(service.detail.get(ours)) for name, ours in ALGORITHMS}
    table: Table = {name: found for name, found in lists.items() if found}
    lines = [
        f"  {name}: ({len(found)})\n      " + "\n      ".join(found) for name, found in lists.items() if found
    ]
    return ("\n".join(["", *lines]), table) if table else None


def _title(service: ServiceRow) -> Script | None:
    title = service.detail.get("title")
    if not service.name or not service.name.startswith("http") or not isinstance(title, str) or not title:
        return None
    return title, {"title": title}


def _texts(value: Detail) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


SCRIPTS: Mapping[str, Callable[[ServiceRow], tuple[str, Table | list[Table]] | None]] = {
    "http-title": _title,
    "ssh-hostkey": _host_keys,
    "ssh2-enum-algos": _algorithms,
    "ssl-cert": _certificate,
    "ssl-enum-ciphers": enumerated,
}
