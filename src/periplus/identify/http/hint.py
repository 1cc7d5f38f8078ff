"""What a hint is, and how what it asks for is read.

A hint is data: the text that hints (`texts.py`), and the ports where it counts if the text alone is common; the path
to ask for; what must be there to prove the product; and where version and more are to be read. A reading is one word
and its argument: ``json a.b.0.c`` (keys and indices), ``head NAME`` (a header), ``text EXPRESSION`` (of the body; its
first group, else all of it).

Limits: JSON deeper than `MOST_DEPTH` brackets is not read.
"""

import json
import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from periplus.errors import BadReply
from periplus.identify.http.message import Answer, Ask, ask
from periplus.identify.model import Peer
from periplus.identify.signature import cpe_23
from periplus.identify.talk import Told, Want

__all__ = ["Hint", "asks_untrusted", "json_untrusted", "read_untrusted"]

MOST_DEPTH = 32
MOST_VALUE = 200
NAMED = ("version", "info", "hostname", "os")
RELEASE = re.compile(r"v?([^+ ]+)")  # what CPE names know of a version like "v1.27.4+k3s1"
STEP = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}


@dataclass(frozen=True, slots=True)
class Hint:
    """One product, or what any may have (no name); see the module.

    `proof` is how the version is read unless given. A GET of ``/`` is not repeated.
    """

    product: str
    vendor: str
    where: str  # a field of `texts.py`
    match: str
    path: str
    tells: Mapping[str, str] = field(
        default_factory=dict
    )  # a name of `Told`, else of a detail -> what to read
    proof: str = ""
    cpe: str = ""
    ports: tuple[int, ...] = ()  # any, if none
    device: str | None = None
    method: str = "GET"

    def fits(self, seen: Mapping[str, str], port: int) -> bool:
        """Return whether what was seen hints at this product."""
        here = not self.ports or port in self.ports
        return (
            here and re.search(self.match, seen.get(self.where, ""), re.IGNORECASE | re.MULTILINE) is not None
        )

    def told_untrusted(self, answer: Answer) -> Told | None:
        """Return what the answer tells; None: it does not prove the product."""
        read = {name: read_untrusted(answer, how) for name, how in self.tells.items()}
        if not (read_untrusted(answer, self.proof) if self.proof else read.get("version")):
            return None
        said = {name: value for name, value in read.items() if value}
        release = RELEASE.match(said.get("version", ""))
        return Told(
            product=said.pop("product", self.product),
            vendor=self.vendor,
            device=said.pop("device", self.device),
            cpe=(cpe_23(self.cpe, {"version": release[1]} if release else {}),) if self.cpe else (),
            detail={"asked": self.path, **{key: value for key, value in said.items() if key not in NAMED}},
            version=said.get("version"),
            info=said.get("info"),
            hostname=said.get("hostname"),
            os=said.get("os"),
        )


def asks_untrusted(
    peer: Peer, hints: Iterable[Hint], seen: Mapping[str, str], before: Answer, by: Ask = ask
) -> Generator[Want, bytes, Answer]:
    """Ask what the first fitting hint wants to know; return the last answer on the connection."""
    hint = next((each for each in hints if each.fits(seen, peer.port)), None)
    if hint is None:
        return before
    answer = before
    if hint.path != "/" or hint.method != "GET":
        try:
            answer = yield from by(peer, hint.path, hint.method, before)
        except BadReply:
            return replace(before, reusable=False)
    told = hint.told_untrusted(answer)
    if told is not None:
        yield told
    return answer


def read_untrusted(answer: Answer, how: str) -> str:
    """Return what a reading gives, in one line; empty: it is not there."""
    kind, _, what = how.partition(" ")
    if kind == "head":
        value = answer.get(what.lower())
    elif kind == "json":
        value = _at(json_untrusted(answer.body), what)
    else:
        found = re.search(what, answer.body.decode("utf-8", "replace"), re.IGNORECASE | re.MULTILINE)
        value = (found[1] if found.re.groups else found[0]) or "" if found else ""
    return " ".join(value.split())[:MOST_VALUE]


def json_untrusted(body: bytes) -> object:
    """Return what a body in JSON holds; None: it is none, or too deep."""
    if max(accumulate(STEP.get(byte, 0) for byte in body), default=0) > MOST_DEPTH:
        return None
    try:
        held: object = json.loads(body)
    except ValueError:
        return None
    return held


def _at(held: object, path: str) -> str:
    """Return the text or number at a path; empty: there is none."""
    for key in path.split("."):
        if isinstance(held, dict):
            held = held.get(key)
        elif isinstance(held, list) and key.isdigit() and int(key) < len(held):
            held = held[int(key)]
        else:
            return ""
    return str(held) if isinstance(held, str | int | float) else ""
