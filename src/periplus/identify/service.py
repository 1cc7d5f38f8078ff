"""What was found out about one port: the two answers of a conversation joined with the signatures, and how it came.

`service_of` is where "who answers" is decided: what the protocol itself states goes first, signatures fill what it
leaves open, and the surest conversation wins. Everything else here is only held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from periplus.findings import WORDS, Answer, Detail, Passage, Way
from periplus.identify.model import Over, Protocol
from periplus.identify.signature import Match, Signatures
from periplus.identify.talk import Known, Told

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake

__all__ = ["Attempt", "Came", "Service", "came_of", "filled", "service_of"]

CPE_BEHIND_PRODUCT = 8  # components of a CPE 2.3 name from the version on
SAID = "said"  # the field of signatures for what nobody here understands
BY_SIGNATURE = 0.7  # how sure a service is that only a signature knows
ANY_VERSION = ":*" * CPE_BEHIND_PRODUCT


class Came(Enum):
    """What asking a port came to."""

    IDENTIFIED = "identified"
    UNKNOWN = "unknown"  # it says something that nobody here understands
    SILENT = "silent"  # it takes the connection and says nothing
    CLOSING = "closing"  # it takes the connection and ends it
    REFUSED = "refused"  # no connection
    FAULT = "fault"  # a mistake of ours


@dataclass(frozen=True, slots=True)
class Attempt:
    """One conversation with a port: by which protocol, and what came of it."""

    protocol: Protocol | None  # None: only listened
    known: Known | None = None
    told: tuple[Told, ...] = ()
    passages: tuple[Passage, ...] = ()
    tls: Mapping[str, Detail] | None = None  # of the TLS that it went through
    refused: bool = False
    problem: str | None = None  # how the talk failed
    upgraded: "Handshake | None" = None  # of the TLS that began within the talk

    @property
    def heard(self) -> bytes:
        """All that the peer said."""
        return b"".join(each.data for each in self.passages if each.way is Way.THEIRS)


@dataclass(frozen=True, slots=True)
class Service(Answer):
    """One port, what asking it came to, and the protocol that is spoken there."""

    address: str
    port: int
    over: Over
    came: Came
    protocol: str | None = None


def service_of(
    address: str, port: int, over: Over, attempts: Sequence[Attempt], signatures: Signatures
) -> Service:
    """Join all attempts at one port into what a reader gets."""
    ranked = sorted((each for each in attempts if each.known), key=_confidence, reverse=True)
    problems = tuple(_told_problem(each) for each in attempts if each.problem)
    if not ranked:
        bare = Service(address, port, over, came_of(attempts), problems=problems)
        return _unknown(bare, attempts, signatures)
    best = ranked[0]
    others = [each for each in ranked if _name(each) != _name(best)]
    assert best.known is not None
    bare = Service(
        address,
        port,
        over,
        Came.IDENTIFIED,
        protocol=_name(best),
        confidence=best.known.confidence,
        why=best.known.why,
        runner_up=(_name(others[0]), _confidence(others[0])) if others else None,
        tls=best.tls,
        passages=best.passages,
        problems=problems,
    )
    return _with_signatures(_with_told(bare, best.told), best.told, signatures)


def _told_problem(attempt: Attempt) -> str:
    """Say of which protocol a problem is."""
    return f"{attempt.protocol.name}: {attempt.problem}" if attempt.protocol else str(attempt.problem)


def _confidence(attempt: Attempt) -> float:
    return attempt.known.confidence if attempt.known else 0.0


def _name(attempt: Attempt) -> str:
    within = attempt.known.carries if attempt.known else None
    return within or (attempt.protocol.name if attempt.protocol else "")


def came_of(attempts: Iterable[Attempt]) -> Came:
    """Return what came of attempts of which none made its protocol known."""
    some = list(attempts)
    if any(each.heard for each in some):
        return Came.UNKNOWN
    if some and all(each.refused for each in some):
        return Came.REFUSED
    ended = any(
        passage.way is Way.NOTE and passage.data in (b"closed", b"reset")
        for each in some
        for passage in each.passages
    )
    return Came.CLOSING if ended else Came.SILENT


def _unknown(service: Service, attempts: Sequence[Attempt], signatures: Signatures) -> Service:
    """An unknown service keeps the attempt in which it said most, and the TLS that it went through.

    A signature of what it said may know it after all.
    """
    if not attempts:
        return service
    for each in sorted(attempts, key=lambda each: len(each.heard), reverse=True):
        match = signatures.match(SAID, each.heard.decode("latin-1")) if each.heard else None
        if match is not None:
            return filled(_by_signature(service, each, match.service), match)
    most = max(attempts, key=lambda each: len(each.heard))
    tls = next((each.tls for each in attempts if each.tls is not None), None)
    return replace(service, passages=most.passages, tls=tls)


def _by_signature(service: Service, attempt: Attempt, protocol: str | None) -> Service:
    there = replace(service, passages=attempt.passages, tls=attempt.tls)
    if protocol is None:
        return there
    return replace(
        there,
        came=Came.IDENTIFIED,
        protocol=protocol,
        confidence=BY_SIGNATURE,
        why="a signature of what it says",
    )


def _with_told(service: Service, told: Iterable[Told]) -> Service:
    """Later words replace earlier ones where they say something."""
    for each in told:
        words = {name: getattr(each, name) or getattr(service, name) for name in WORDS}
        detail = {**service.detail, **each.detail}
        service = replace(service, **words, cpe=(*service.cpe, *each.cpe), detail=detail)
    return service


def _with_signatures(service: Service, told: Iterable[Told], signatures: Signatures) -> Service:
    """Signatures fill what the protocol itself left open; the first field that one matches names the product."""
    for each in told:
        for field_name, text in each.texts.items():
            match = signatures.match(field_name, text)
            if match is not None:
                service = filled(service, match)
    return service


def filled(service: Service, match: Match) -> Service:
    """Add what a signature read: all of it if it speaks of the product, else as one of the `components`."""
    foreign = match.product is not None and service.product not in (None, match.product)
    if foreign:
        service = _with_component(service, match)
        match = replace(match, product=None, vendor=None, version=None, info=None)
    elif service.product not in (None, match.product):
        match = replace(match, version=None)
    return replace(
        service,
        **{name: getattr(service, name) or getattr(match, name) for name in WORDS},
        cpe=_narrowest(dict.fromkeys((*service.cpe, *match.cpe))),
        rule=service.rule or (None if foreign else match.rule),
    )


def _with_component(service: Service, match: Match) -> Service:
    """Keep another product that speaks through the same port: what is behind a proxy, what runs in a server."""
    words = {"product": match.product, "vendor": match.vendor, "version": match.version, "info": match.info}
    component: dict[str, Detail] = {
        **{name: word for name, word in words.items() if word},
        "rule": match.rule,
    }
    held = service.detail.get("components")
    components = [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []
    for number, each in enumerate(components):
        if each["product"] == match.product:
            components[number] = {**component, **each}
            break
    else:
        components.append(component)
    return replace(service, detail={**service.detail, "components": [*components]})


def _narrowest(names: Iterable[str]) -> tuple[str, ...]:
    """Drop a CPE name without a version where another has one for the same product."""
    every = list(names)
    versioned = {each.rsplit(":", CPE_BEHIND_PRODUCT)[0] for each in every if not each.endswith(ANY_VERSION)}
    return tuple(
        each
        for each in every
        if not each.endswith(ANY_VERSION) or each.removesuffix(ANY_VERSION) not in versioned
    )
