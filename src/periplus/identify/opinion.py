"""A second opinion on a service: where our own conversations and signatures leave off, somebody else's file may
know more.

It never overrules: an unknown service gets a name by it, an identified one without a product gets its words.
The file's say is told as such.
"""

from collections.abc import Callable
from dataclasses import replace

from periplus.findings import Way
from periplus.identify.service import Came, Service, filled
from periplus.identify.signature import Opinion

__all__ = ["OpinionOf", "seconded"]

OpinionOf = Callable[
    [bytes, str | None], Opinion | None
]  # of what was heard, and the protocol if that is known
MOST_HEARD = 4_096  # of what a service said: the expressions are not ours, and some are slow on long texts


def seconded(service: Service, opinion_of: OpinionOf) -> Service:
    """Return the service with what the opinion adds to it."""
    wanted = service.came is Came.UNKNOWN or (service.came is Came.IDENTIFIED and service.product is None)
    heard = b"".join(each.data for each in service.passages if each.way is Way.THEIRS)[:MOST_HEARD]
    opinion = opinion_of(heard, service.protocol) if wanted and heard else None
    if opinion is None:
        return service
    if service.came is Came.UNKNOWN:
        service = replace(
            service,
            came=Came.IDENTIFIED,
            protocol=opinion.service,
            confidence=opinion.confidence,
            why=f"second opinion: {opinion.match.rule}",
        )
    return replace(
        filled(service, opinion.match), detail={**service.detail, "second_opinion": opinion.service}
    )
