"""What stack a single SYN-ACK looks like, without asking anything: the answer that the port scan got anyway.

A passive tool judges by initial time to live, "don't fragment", identification, window and options (M. Zalewski's
p0f shows how much these tell). A SYN-ACK holds only options that the SYN offered, so options and their order are
compared as far as they were offered, and of windows those that belong to a SYN without scaling.

Limits: a plain SYN scan offers a segment size alone; then options tell nothing, and the window most. Whoever has
changed its defaults looks like another, a firewall that answers is told in its hosts' stead, and stacks that look
alike (FreeBSD, macOS) both stand in the list. So it is a guess, and its confidence is kept low.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from periplus.findings import OsClass, SynAck
from periplus.identify.os.reference import Reference

__all__ = ["Stack", "fits", "letters", "likely", "read_passive", "words"]

INITIAL_TTLS = (32, 64, 128, 255)
TTL, WINDOW, DF, IP_ID, OPTIONS = 25, 40, 10, 15, 40  # what each is worth
TUNED = 0.5  # of the window's points, where it is one that somebody has set
FLOOR = 0.7  # a fit that says nothing
# Of a perfect fit, if a size alone was offered, and if more was; less than that of the whole test sequence.
TRUST, TRUST_OFFERED = 0.5, 0.54
ROOM = 65_536
USUAL_SIZES = (
    1460,
    1440,
)  # a window may be a multiple of these though a router has cut the size that is told


@dataclass(frozen=True, slots=True)
class Stack:
    """What a stack's SYN-ACK looks like."""

    reference: Reference
    ttl: int
    df: bool | None
    options: str
    plain: tuple[str, ...]
    tuned: tuple[str, ...]
    zero_id: bool | None


def read_passive(text: str) -> tuple[Stack, ...]:
    """Read our own set of stacks, as far as they are told passively."""
    rows = enumerate(tomllib.loads(text)["os"], 1)
    return tuple(_stack(line, each) for line, each in rows if "plain" in each)


def _stack(line: int, row: dict[str, object]) -> Stack:
    cpe = (str(row["cpe"]),) if "cpe" in row else ()
    os_class = OsClass(str(row["vendor"]), str(row["family"]), None, str(row["type"]), cpe)
    plain, tuned = (tuple(map(str, _list(row.get(name)))) for name in ("plain", "tuned"))
    return Stack(
        Reference(str(row["name"]), line, (os_class,)),
        ttl=int(str(row["ttl"])),
        df=None if "df" not in row else bool(row["df"]),
        options=letters(str(row["options"])),
        plain=plain,
        tuned=tuned,
        zero_id=None if "ip_id" not in row else row["ip_id"] == "zero",
    )


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def letters(options: str) -> str:
    """The letters of options as fingerprints write them, without their numbers: M[1-FFFF]ST11 becomes MST."""
    return "".join(re.findall("[LNMWST]", re.sub(r"\[[^\]]*\]", "", options)))


def likely(shown: SynAck, stacks: Sequence[Stack], offered: str) -> list[tuple[float, Reference]]:
    """Return how strongly a SYN-ACK speaks for which stacks, the likeliest first; `offered`: letters of our SYN."""
    trust = TRUST_OFFERED if len(_asked(offered, offered)) > 1 else TRUST
    found = [(trust * (fits(shown, each, offered) - FLOOR) / (1 - FLOOR), each.reference) for each in stacks]
    return sorted((each for each in found if each[0] > 0), key=lambda each: -each[0])


def fits(shown: SynAck, stack: Stack, offered: str) -> float:
    """Return how well a SYN-ACK fits a stack: the points of what agrees by the points of what can be compared."""
    judged = [(TTL, float(initial_ttl(shown.ttl) == stack.ttl))]
    if "W" not in offered:
        judged.append((WINDOW, _window(shown, stack)))
    if len(_asked(offered, offered)) > 1:
        judged.append((OPTIONS, float(_asked(shown.options, offered) == _asked(stack.options, offered))))
    if stack.df is not None and shown.df is not None:
        judged.append((DF, float(shown.df == stack.df)))
    if stack.zero_id is not None and shown.ip_id is not None:
        judged.append((IP_ID, float((shown.ip_id == 0) == stack.zero_id)))
    return sum(points * share for points, share in judged) / sum(points for points, _ in judged)


def _asked(options: str, offered: str) -> str:
    """The options that were offered, in their order, without what pads them."""
    return "".join(each for each in options if each in "MWST" and each in offered)


def initial_ttl(ttl: int) -> int:
    """Return the time to live with which a packet most likely left."""
    return next(each for each in INITIAL_TTLS if ttl <= each)


def _window(shown: SynAck, stack: Stack) -> float:
    if any(_is_window(each, shown) for each in stack.plain):
        return 1.0
    return TUNED if any(_is_window(each, shown) for each in stack.tuned) else 0.0


def _is_window(form: str, shown: SynAck) -> bool:
    """Whether a window has this form: a number, or a multiple of a size."""
    if not form.startswith("mss*"):
        return shown.window == int(form, 16)
    return _multiple(form, shown) is not None


def _multiple(form: str, shown: SynAck) -> tuple[int, int] | None:
    """Which multiple of which size the window is, if it has this form."""
    factor = form.removeprefix("mss*")
    for size in dict.fromkeys((shown.mss or 0, *USUAL_SIZES)):
        times = 0 if not size else ROOM // size if factor == "fit" else int(factor)
        if times and shown.window == min(times * size, ROOM - 1):
            return times, size
    return None


def words(shown: SynAck, name: str) -> str:
    """Return the evidence that a SYN-ACK is, for a reader."""
    told = [f"TTL {shown.ttl}", f"window {shown.window}"]
    if shown.mss:
        times, rest = divmod(shown.window, shown.mss)
        told[1] += f" = {times} x {shown.mss}" if times and not rest else ""
        told.append(f"MSS {shown.mss}")
    if shown.df is not None:
        told.append("DF" if shown.df else "no DF")
    if shown.ip_id is not None:
        told.append("IP id 0" if not shown.ip_id else "an IP id")
    return f"passive: the SYN-ACK of {shown.port}/tcp looks like {name} ({', '.join(told)})"
