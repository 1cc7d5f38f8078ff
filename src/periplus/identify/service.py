"""What was found out about one port: the two answers of a conversation joined with the signatures, and how it came.

`service_of` is where "who answers" is decided: what the protocol itself states goes first, signatures fill what it
leaves open, and the surest conversation wins. Everything else here is only held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from periplus.identify.model import Over, Protocol
from periplus.identify.signature import Match, Signatures
from periplus.identify.talk import Detail, Known, Told

__all__ = ["Attempt", "Came", "Passage", "Service", "Way", "came_of", "filled", "service_of"]

CPE_BEHIND_PRODUCT = 8  # components of a CPE 2.3 name from the version on
SAID = "said"  # the field of signatures for what nobody here understands
BY_SIGNATURE = 0.7  # how sure a service is that only a signature knows
ANY_VERSION = ":*" * CPE_BEHIND_PRODUCT


class Way(Enum):
    """Who said a passage of a conversation."""

    OURS = ">"
    THEIRS = "<"
    NOTE = "!"  # nobody: what happened to the connection


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of a conversation, `at_ms` after its connection was begun. A note's `data` is text in ASCII."""

    way: Way
    data: bytes
    at_ms: float


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

    @property
    def heard(self) -> bytes:
        """All that the peer said."""
        return b"".join(each.data for each in self.passages if each.way is Way.THEIRS)


@dataclass(frozen=True, slots=True)
class Service:
    """One port and who answers there.

    `confidence` is how sure the protocol is (0..1); `why` the rule that decided; `runner_up` the next likely one.
    What the service says of itself has no such figure: `product` to `cpe` are its words, and `rule` is the signature
    that read them.
    """

    address: str
    port: int
    over: Over
    came: Came
    protocol: str | None = None
    confidence: float = 0.0
    why: str = ""
    runner_up: tuple[str, float] | None = None
    product: str | None = None
    vendor: str | None = None
    version: str | None = None
    info: str | None = None
    hostname: str | None = None
    os: str | None = None
    device: str | None = None
    cpe: tuple[str, ...] = ()
    rule: str | None = None
    tls: Mapping[str, Detail] | None = None
    detail: Mapping[str, Detail] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    problems: tuple[str, ...] = ()


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
    return attempt.protocol.name if attempt.protocol else ""


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
        service = replace(
            service,
            product=each.product or service.product,
            vendor=each.vendor or service.vendor,
            version=each.version or service.version,
            info=each.info or service.info,
            hostname=each.hostname or service.hostname,
            os=each.os or service.os,
            device=each.device or service.device,
            cpe=(*service.cpe, *each.cpe),
            detail={**service.detail, **each.detail},
        )
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
    return replace(
        service,
        product=service.product or match.product,
        vendor=service.vendor or match.vendor,
        version=service.version or (match.version if service.product in (None, match.product) else None),
        info=service.info or match.info,
        hostname=service.hostname or match.hostname,
        os=service.os or match.os,
        device=service.device or match.device,
        cpe=_narrowest(dict.fromkeys((*service.cpe, *match.cpe))),
        rule=service.rule or (None if foreign else match.rule),
    )


def _with_component(service: Service, match: Match) -> Service:
    """Keep another product that speaks through the same port: what is behind a proxy, what runs in a server."""
    words = {"product": match.product, "vendor": match.vendor, "version": match.version, "info": match.info}
    component: Detail = {**{name: word for name, word in words.items() if word}, "rule": match.rule}
    held = service.detail.get("components")
    before = held if isinstance(held, list) else []
    return (
        service
        if component in before
        else replace(service, detail={**service.detail, "components": [*before, component]})
    )


def _narrowest(names: Iterable[str]) -> tuple[str, ...]:
    """Drop a CPE name without a version where another has one for the same product."""
    every = list(names)
    versioned = {each.rsplit(":", CPE_BEHIND_PRODUCT)[0] for each in every if not each.endswith(ANY_VERSION)}
    return tuple(
        each
        for each in every
        if not each.endswith(ANY_VERSION) or each.removesuffix(ANY_VERSION) not in versioned
    )
