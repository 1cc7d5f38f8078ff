"""What an audit of a port's TLS found, for people and as the script ``ssl-enum-ciphers`` of Nmap's XML has it.

The facts are plain values that may come from a file, so their form is looked at before they are used. Nmap calls
TLS 1.0 ``TLSv1.0``; its suites have a strength each, which is not given here: the grade is one for all.
"""

from collections.abc import Iterator, Mapping

from periplus.findings import Detail
from periplus.result.row import ServiceRow
from periplus.result.text import plural, printable

__all__ = ["Table", "audit_lines", "enumerated", "listed_ciphers"]

WIDTH, INDENT = 100, "    "
NMAP_VERSIONS = {"TLSv1": "TLSv1.0"}


def listed_ciphers(service: ServiceRow) -> dict[str, list[str]]:
    """Return the accepted suites by version, newest first; none where there was no audit."""
    found = service.tls.get("ciphers") if service.tls else None
    return {key: _texts(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _texts(value: Detail) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _preference(service: ServiceRow) -> Mapping[str, Detail]:
    found = service.tls.get("preference") if service.tls else None
    return found if isinstance(found, dict) else {}


def audit_lines(service: ServiceRow) -> Iterator[str]:
    """Yield the lines below the table of ports."""
    if not service.tls or "ciphers" not in service.tls:
        return
    facts, ciphers = service.tls, listed_ciphers(service)
    grade, reasons = facts.get("grade"), "; ".join(_texts(facts.get("reasons")))
    verdict = f": grade {grade}{f', {reasons}' if reasons else ''}" if isinstance(grade, str) else ""
    yield f"TLS at {service.port}/{service.proto}{printable(verdict)}\n"
    yield from (f"  remark: {printable(each)}\n" for each in _texts(facts.get("remarks")))
    for version, names in ciphers.items():
        whose = _preference(service).get(version)
        order = f" in the {printable(whose)}'s order" if isinstance(whose, str) else ""
        yield f"  {printable(version)}, {plural(len(names), 'suite', 'suites')}{order}:\n"
        yield from _wrapped(names)
    more = (
        ("groups", " ".join(_texts(facts.get("groups")))),
        ("shortest prime", f"{facts['dh_bits']} bits" if facts.get("dh_bits") else ""),
        ("JARM", facts.get("jarm")),
        ("not all was asked", facts.get("audit_cut")),
    )
    yield from (f"  {title}: {printable(str(text))}\n" for title, text in more if text)


def _wrapped(names: list[str]) -> Iterator[str]:
    """Lines of names that fit a terminal."""
    line = ""
    for name in map(printable, names):
        if line and len(line) + 1 + len(name) > WIDTH:
            yield f"{line}\n"
            line = ""
        line = f"{line} {name}" if line else f"{INDENT}{name}"
    if line:
        yield f"{line}\n"


Table = dict[str, "str | Table | list[Table] | list[str]"]


def enumerated(service: ServiceRow) -> tuple[str, Table] | None:
    """Return the script's text and its table; None where nothing is known."""
    ciphers, preference = listed_ciphers(service), _preference(service)
    if not ciphers:
        return None
    table: Table = {}
    lines = [""]
    for version in sorted(ciphers):
        name = NMAP_VERSIONS.get(version, version)
        lines += [f"  {name}: ", "    ciphers: ", *(f"      {each}" for each in ciphers[version])]
        suites: list[Table] = [{"name": each} for each in ciphers[version]]
        one: Table = {"ciphers": suites}
        whose = preference.get(version)
        if isinstance(whose, str):
            lines.append(f"    cipher preference: {whose}")
            one["cipher preference"] = whose
        table[name] = one
    return "\n".join(lines), table
