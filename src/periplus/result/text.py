"""Small pieces of text that several formats share: times, counts, port lists, and hostile strings made harmless.

Names come from users and from the DNS of strangers. A name may hold terminal escapes, line feeds, quotes,
right-to-left overrides or an imitation of our own words. `harmless_name` keeps letters, digits and what
names are made of, and shows everything else as an escape; `printable` does the same to a line of text but lets
ordinary punctuation through. Formats escape what their own grammar needs on top of it.

Times are UTC throughout, so that two runs from two places can be laid side by side.
"""

import math
import time
from collections.abc import Iterable, Sequence

import numpy as np

from periplus.columns import U16
from periplus.result.missed import missed_95
from periplus.result.row import HostReport, Stopped, SummaryRow
from periplus.space.ports import read_ranking

__all__ = [
    "address_key",
    "clock_time",
    "command_line",
    "crowded_lines",
    "date_time",
    "done_line",
    "faithful",
    "figures_line",
    "harmless_name",
    "harmless_names",
    "iso_time",
    "latency",
    "plural",
    "port_list",
    "printable",
    "read_port_list",
    "silence_lines",
    "stopped_note",
    "xml_attribute",
]

NAME_MARKS = frozenset("._-:%/+@")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def printable(text: str) -> str:
    """`text` on one line, with every character that is not printable shown as an escape such as ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escape(each) for each in text)


_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def xml_attribute(text: str) -> str:
    """`text` as it may stand between the quotes of an attribute, or between tags, made `printable`."""
    return printable(text).translate(_ATTRIBUTE)


def harmless_name(name: str) -> str:
    """A host name with everything but letters, digits and `NAME_MARKS` shown as ``\\xNN`` or ``\\uNNNN``.

    Blanks and brackets are escaped too: "a (198.18.0.9)" must not look like another host.
    """
    if all(each.isalnum() or each in NAME_MARKS for each in name):
        return name
    return "".join(each if each.isalnum() or each in NAME_MARKS else _escape_blank(each) for each in name)


def _escape_blank(character: str) -> str:
    return (
        f"\\x{ord(character):02x}" if character.isprintable() and character.isascii() else _escape(character)
    )


def harmless_names(host: HostReport) -> list[str]:
    """The host's names, as `harmless_name` shows them, each once, in the order in which they were given."""
    return list(dict.fromkeys(harmless_name(name) for name, _ in host.names)) if host.names else []


def faithful(text: str) -> str:
    """`text` unchanged, but for lone surrogates (undecodable bytes of a command line), which become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def command_line(arguments: Sequence[str]) -> str:
    """The command of the run on one line, to be read by people."""
    return printable(" ".join(("periplus", *arguments)))


def iso_time(when: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC with milliseconds: ``2026-11-22T08:20:05.123Z``."""
    milliseconds = round(when * 1000)
    seconds, rest = divmod(milliseconds, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:03d}Z"


def date_time(when: float) -> str:
    """Seconds since the epoch as Nmap writes a date: ``Sun Nov 22 08:20:05 2026``, in UTC."""
    return time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(when))


def clock_time(when: float) -> str:
    """Seconds since the epoch to the minute: ``2026-11-22 08:20 UTC``."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(when))


def latency(milliseconds: float) -> str:
    """A round trip in seconds with two significant digits and no exponent: ``0.00014``, ``1.2``, ``12``."""
    seconds = milliseconds / 1000
    if seconds <= 0:
        return "0.0"
    return f"{seconds:.{max(0, 1 - math.floor(math.log10(seconds)))}f}"


def plural(count: int, one: str, many: str) -> str:
    """A count with its noun: ``1 host``, ``2 hosts``."""
    return f"{count} {one if count == 1 else many}"


def port_list(ports: U16 | Iterable[int]) -> str:
    """Ports as numbers and ranges, ``1-79,81-4000``. `ports` ascend; the cost is that of the ranges."""
    column = np.asarray(ports if isinstance(ports, np.ndarray) else list(ports), dtype=np.int32)
    if not len(column):
        return ""
    breaks = np.flatnonzero(np.diff(column) != 1)
    first = column[np.concatenate(([0], breaks + 1))].tolist()
    last = column[np.concatenate((breaks, [len(column) - 1]))].tolist()
    return ",".join(f"{a}-{b}" if a != b else f"{a}" for a, b in zip(first, last, strict=True))


def read_port_list(text: str) -> tuple[int, ...]:
    """What `port_list` wrote. ValueError: it did not write this."""
    return tuple(read_ranking(text.replace(",", " ")))


def done_line(summary: SummaryRow) -> str:
    """How many hosts in what time: ``1 IP address (1 host up) scanned in 0.07 seconds``."""
    hosts = plural(summary.hosts, "IP address", "IP addresses")
    up = plural(summary.hosts_up, "host", "hosts")
    return f"{hosts} ({up} up) scanned in {summary.seconds:.2f} seconds"


def figures_line(summary: SummaryRow) -> str:
    """What the run cost and how sure it is: probes, replies, rate, loss, expected missed open ports."""
    loss = "not measured: lost probes were not asked again" if summary.loss is None else f"{summary.loss:.1%}"
    least, most = missed_95(summary.expected_missed_open)
    interval = f" (95 %: {least} to {most})" if most and summary.loss is not None else ""
    return (
        f"{plural(summary.probes, 'probe', 'probes')}, {plural(summary.replies, 'reply', 'replies')}, "
        f"{summary.rate:.0f} probes/s; loss {loss}, "
        f"expected missed open ports {summary.expected_missed_open:.2f}{interval}"
    )


def crowded_lines(summary: SummaryRow) -> list[str]:
    """Networks in front of which something accepts every connection, a sentence each."""
    return [
        f"{each.network}: {each.hosts} of {each.up} hosts accept every connection: something in front of them answers"
        for each in summary.crowded
    ]


def stopped_note(stopped: Stopped) -> str:
    """What became of a host that fell silent, as a sentence."""
    told = f"stopped answering at probe {stopped.probe:,} ({stopped.proto}) and was left alone"
    if stopped.resumed:
        return f"{told}; it answered again at the end, and was asked slowly to the last port"
    return (
        f"{told}; it did not answer any more, so {stopped.unasked:,} ports were not asked and count as silent"
    )


def silence_lines(summary: SummaryRow) -> list[str]:
    """Who fell silent during the run, a sentence each."""
    lines = []
    if summary.outages:
        times = plural(summary.outages, "time", "times")
        lines.append(
            f"All hosts fell silent at once, {times}: something on the way was gone, and the scan waited"
        )
    if summary.stopped:
        were = "1 host was" if summary.stopped == 1 else f"{summary.stopped} hosts were"
        lines.append(f"{were} left alone after falling silent while being scanned")
    return lines


def address_key(addr: str) -> str:
    """``ipv6`` or ``ipv4``, as Nmap's XML names the families."""
    return "ipv6" if ":" in addr else "ipv4"
