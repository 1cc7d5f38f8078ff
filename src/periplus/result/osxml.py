"""The operating system in Nmap's XML: ``os``, ``uptime``, ``distance`` and what sequences tell.

The ranked answer has no place in Nmap's DTD, nor do reasons; they are in the other formats.
"""

from periplus.findings import OsClass
from periplus.result.os import ID_CLASSES, stamp_word
from periplus.result.row import OsMatch, OsPassive, OsRow
from periplus.result.text import date_time, xml_attribute

__all__ = ["os_elements"]


def os_elements(found: OsRow, ended: float) -> str:
    """Return the elements of a host that was done with at `ended`."""
    if found.open_port is None:
        return _in_passing(found.passive)
    used = (
        ("open", "tcp", found.open_port),
        ("closed", "tcp", found.closed_port),
        ("closed", "udp", found.udp_port),
    )
    ports = "".join(
        f'<portused state="{state}" proto="{proto}" portid="{port}"/>\n'
        for state, proto, port in used
        if port is not None
    )
    matches = "".join(map(_match, found.matches))
    shown = not found.matches and found.fingerprint
    fingerprint = (
        f'<osfingerprint fingerprint="{xml_attribute(found.fingerprint or "")}"/>\n' if shown else ""
    )
    return f"<os>{ports}{matches}{fingerprint}</os>\n{_figures(found, ended)}"


def _in_passing(found: OsPassive | None) -> str:
    """What a SYN-ACK speaks for, where nobody asked for more."""
    if found is None or not found.matches:
        return ""
    port = f'<portused state="open" proto="tcp" portid="{found.shown.port}"/>\n'
    return f"<os>{port}{''.join(map(_match, found.matches))}</os>\n"


def _match(match: OsMatch) -> str:
    accuracy = int(match.accuracy * 100 + 1e-9)
    classes = "".join(_class(each, accuracy) for each in match.classes)
    name = xml_attribute(match.name)
    return f'<osmatch name="{name}" accuracy="{accuracy}" line="{match.line}">\n{classes}</osmatch>\n'


def _class(each: OsClass, accuracy: int) -> str:
    generation = f' osgen="{xml_attribute(each.generation)}"' if each.generation else ""
    cpes = "".join(f"<cpe>{xml_attribute(cpe)}</cpe>" for cpe in each.cpe)
    return (
        f'<osclass type="{xml_attribute(each.kind)}" vendor="{xml_attribute(each.vendor)}" '
        f'osfamily="{xml_attribute(each.family)}"{generation} accuracy="{accuracy}">{cpes}</osclass>\n'
    )


def _figures(found: OsRow, ended: float) -> str:
    lines = []
    if found.uptime_s is not None:
        boot = date_time(ended - found.uptime_s)
        lines.append(f'<uptime seconds="{round(found.uptime_s)}" lastboot="{boot}"/>\n')
    if found.distance is not None:
        lines.append(f'<distance value="{found.distance}"/>\n')
    if found.difficulty is not None:
        index, word = found.difficulty
        values = _values(found, "seq")
        lines.append(f'<tcpsequence index="{index}" difficulty="{word}" values="{values}"/>\n')
    if found.ids is not None:
        word = ID_CLASSES.get(found.ids, "Constant")
        lines.append(f'<ipidsequence class="{word}" values="{_values(found, "ids")}"/>\n')
    if found.stamp_class is not None:
        values = _values(found, "stamps")
        told = f' values="{values}"' if values else ""
        lines.append(f'<tcptssequence class="{stamp_word(found.stamp_class)}"{told}/>\n')
    return "".join(lines)


def _values(found: OsRow, row: str) -> str:
    return ",".join(f"{value:X}" for value in found.values.get(row, ()))
