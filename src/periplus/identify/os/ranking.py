"""One ranked answer from what the stack shows and what services say, with a confidence and the evidence.

The unit is a family ("Linux", "Windows"): a service tells a distribution and a stack tells kernels, and both are
right when the families agree. Evidence for one family adds up as that of independent witnesses, and what speaks for
others takes away from it.

Limits: a service's word may be about another machine (a proxy's, a port forwarded), and a stack is a firewall's where
one answers for its hosts. Either alone is therefore never quite sure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from periplus.findings import OsGuess
from periplus.identify.os.reference import Reference

__all__ = ["Glance", "Word", "rank"]

MOST = 5
SERVICE_TRUST = 0.85
STACK_TRUST = 0.9
FLOOR = 0.75  # a fit that says nothing
_LINUX = (
    "linux",
    "debian",
    "ubuntu",
    "red hat",
    "rhel",
    "centos",
    "fedora",
    "suse",
    "alpine",
    "gentoo",
    "raspbian",
)
_FAMILIES = {
    "Linux": _LINUX,
    "Windows": ("windows", "microsoft"),
    "FreeBSD": ("freebsd",),
    "OpenBSD": ("openbsd",),
    "NetBSD": ("netbsd",),
    "macOS": ("macos", "mac os", "os x", "darwin"),
    "IOS": ("cisco ios",),
}


@dataclass(frozen=True, slots=True)
class Glance:
    """What a SYN-ACK alone speaks for (`os.passive`): how strongly, and the evidence in words."""

    strength: float
    reference: Reference
    evidence: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a service says of its host: `text`, or a CPE name, how sure it is, and `where` it was said."""

    text: str
    sure: float
    where: str


def family_of(text: str) -> str | None:
    """Return the family that a service's text or CPE name speaks of."""
    plain = re.sub(r"[_:]", " ", text.lower())
    for family, words in _FAMILIES.items():
        if any(re.search(rf"\b{re.escape(word)}\b", plain) for word in words):
            return family
    return None


def rank(
    matches: Sequence[tuple[float, Reference]], words: Iterable[Word], glances: Sequence[Glance] = ()
) -> tuple[OsGuess, ...]:
    """Return what the host may run, the likeliest first.

    A glance at one SYN-ACK is no witness beside a fingerprint, which holds the same: the stronger of both counts.
    """
    stack = _by_stack(matches)
    for glance in glances:
        for name in _families(glance.reference):
            strength, evidence = stack.get(name, (0.0, ()))
            stack[name] = max(strength, glance.strength), (*evidence, glance.evidence)
    said: dict[str, list[Word]] = {}
    for word in words:
        family = family_of(word.text)
        if family is not None:
            said.setdefault(family, []).append(word)
    support = {
        family: 1 - (1 - stack.get(family, (0.0, ()))[0]) * (1 - _said(said.get(family, ())))
        for family in [*stack, *(each for each in said if each not in stack)]
    }
    guesses = [_guess(family, support, stack, said) for family in support]
    return tuple(sorted(guesses, key=lambda each: -each.confidence)[:MOST])


def _by_stack(matches: Sequence[tuple[float, Reference]]) -> dict[str, tuple[float, tuple[str, ...]]]:
    """How strongly the stack speaks for each family, and by what: its best reference."""
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    for fit, reference in matches:
        strength = STACK_TRUST * max(0.0, (fit - FLOOR) / (1 - FLOOR))
        for family in _families(reference):
            if strength and family not in found:
                found[family] = strength, (f"{reference.name} fits by {fit:.0%}",)
    return found


def _families(reference: Reference) -> list[str]:
    """Those that we know, or else the first: a camera by Linux is not an argument against Linux."""
    known = [family for each in reference.classes if (family := family_of(each.family)) is not None]
    return list(dict.fromkeys(known)) or [each.family for each in reference.classes[:1]]


def _said(words: Sequence[Word]) -> float:
    return SERVICE_TRUST * max((word.sure for word in words), default=0.0)


def _guess(
    family: str,
    support: dict[str, float],
    stack: dict[str, tuple[float, tuple[str, ...]]],
    said: dict[str, list[Word]],
) -> OsGuess:
    against = max((each for other, each in support.items() if other != family), default=0.0)
    confidence = support[family] * (1 - against / 2)
    words = said.get(family, [])
    plain = [word.text for word in words if not word.text.startswith("cpe:") and word.text != family]
    evidence = [*stack[family][1]] if family in stack else []
    evidence += [f"{word.where} says {word.text}" for word in words]
    return OsGuess(plain[0] if plain else family, family, confidence, tuple(dict.fromkeys(evidence)))
