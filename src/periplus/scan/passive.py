"""Hosts are told by the SYN-ACK that the port scan got anyway: whose stack it looks like, and what services say.

It costs no packet. Of hosts that something answers for (a tarpit) nothing is told, nor where sockets scan, which show
no packets. Where hosts are asked for their operating system as well (``-O``), that answer takes this one in.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from periplus.data import os_text
from periplus.findings import SynAck
from periplus.identify.os.passive import Stack, likely, read_passive, words
from periplus.identify.os.ranking import Glance, Word, rank
from periplus.identify.os.reference import Reference
from periplus.result.row import HostReport, OsMatch, OsPassive, OsRow
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.wire.synack import NO_SCALE, Option, SynAcks, order_of
from periplus.wire.tcp import ECE

if TYPE_CHECKING:
    from periplus.engine.shown import Shown

__all__ = ["Glances", "match_of", "said_of"]

LETTERS = {
    Option.NOP: "N",
    Option.SIZE: "M",
    Option.SCALE: "W",
    Option.SACK: "S",
    Option.STAMP: "T",
    Option.END: "L",
}
OFFERED = "M"  # the options of our SYN, as `wire.tcp` makes it


class Glances:
    """What is known passively of hosts. `shown` are their SYN-ACKs, `stacks` what they are held against."""

    def __init__(
        self, shown: "Shown", stacks: Callable[[], tuple[Stack, ...]] = lambda: read_passive(os_text())
    ):
        self._shown = shown
        self._read = stacks
        self._stacks: tuple[Stack, ...] | None = None

    def noted(self, reports: Iterable[HostReport]) -> Iterator[HostReport]:
        """Yield reports of hosts whose ports are settled, with the SYN-ACK where one is known."""
        for report in reports:
            shown = self._passive(report)
            yield report if shown is None else replace(report, os=OsRow(passive=shown))

    def told(self, reports: Iterable[HostReport]) -> Iterator[HostReport]:
        """Yield reports that have been noted, with what all there is to know speaks for."""
        for report in reports:
            if report.os is None:
                yield report
                continue
            guesses = rank([], said_of(report), self.at(report))
            yield replace(report, os=replace(report.os, guesses=guesses))

    def at(self, report: HostReport) -> tuple[Glance, ...]:
        """What the SYN-ACK of a host that has been noted speaks for."""
        if report.os is None or report.os.passive is None:
            return ()
        return self._judged(report.os.passive.shown)

    def _judged(self, shown: SynAck) -> tuple[Glance, ...]:
        if self._stacks is None:
            self._stacks = self._read()
        return tuple(
            Glance(strength, reference, words(shown, reference.name))
            for strength, reference in likely(shown, self._stacks, OFFERED)
        )

    def _passive(self, report: HostReport) -> OsPassive | None:
        if not report.up or report.tarpit is not None:
            return None
        row = self._shown.first(Addresses.of_ints([parse_ip(report.addr)]))
        if row is None:
            return None
        shown = _syn_ack(row)
        return OsPassive(
            shown, tuple(match_of(each.strength, each.reference) for each in self._judged(shown))
        )


def _syn_ack(row: SynAcks) -> SynAck:
    """A row by itself."""
    is_v4, mss, scale = bool(row.is_v4[0]), int(row.mss[0]), int(row.scale[0])
    return SynAck(
        port=int(row.port[0]),
        ttl=int(row.ttl[0]),
        window=int(row.window[0]),
        options="".join(LETTERS.get(each, "?") for each in order_of(int(row.order[0]))),
        mss=mss or None,
        scale=None if scale == NO_SCALE else scale,
        df=bool(row.df[0]) if is_v4 else None,
        ip_id=int(row.ip_id[0]) if is_v4 else None,
        tos=int(row.tos[0]),
        ecn=bool(row.flags[0] & ECE),
    )


def match_of(fit: float, reference: Reference) -> OsMatch:
    """A reference that fits, as it is written down."""
    return OsMatch(reference.name, fit, reference.line, reference.classes)


def said_of(report: HostReport) -> Iterator[Word]:
    """What the services of a host say of its operating system."""
    for each in report.services:
        where = f"{each.name} at {each.port}/{each.proto}"
        texts = [each.os, *(cpe for cpe in each.cpe if cpe.startswith("cpe:2.3:o:"))]
        yield from (Word(text, each.confidence, where) for text in texts if text)
