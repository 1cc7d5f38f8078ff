"""One way of matching banners, timed: ``python bench/banners.py WAY BANNERS`` writes one line of JSON.

The banners are the samples of the shipped signatures, each followed by noise of its length in the same field, which
hardly any fits; so half of them meet every expression that there is for them. `ways` says how they can be
matched. Everything is compiled and met once before the clock runs.

Limits: a sample is what one field of a conversation says, not all of it, and Nmap's lines expect the latter; what it
recognises is therefore no measure of it, and where it fits early it is spared the rest of its lines.
"""

import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from string import printable

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from periplus.data import signature_texts
from periplus.identify.nmapdb import read_nmapdb
from periplus.identify.signature import Signatures, read_signatures

__all__ = ["WAYS", "Banner", "Timed", "Way", "banners", "here", "timed"]

Banner = tuple[str, str]  # the field, and what stands in it
PROBES = Path("/usr/share/nmap/nmap-service-probes")


@dataclass(frozen=True, slots=True)
class Way:
    """A way of matching: how many expressions it holds, and whether one of them fits a banner."""

    expressions: int
    fits: Callable[[Banner], bool]


@dataclass(frozen=True, slots=True)
class Timed:
    """What a way took; `a_second`: banners, all of them in one go."""

    expressions: int
    banners: int
    fitted: int
    median_us: float
    p95_us: float
    a_second: float


def shipped() -> Signatures:
    return Signatures(each for text in signature_texts().values() for each in read_signatures(text))


def by_field() -> Way:
    """As the program does: the signatures of the banner's field."""
    signatures = shipped()
    return Way(len(signatures), lambda banner: signatures.match(*banner) is not None)


def by_every_field() -> Way:
    """As if nobody knew which field it is: all signatures."""
    signatures = shipped()
    fields = {each.field for each in signatures}
    return Way(
        len(signatures),
        lambda banner: any(signatures.match(field, banner[1]) is not None for field in fields),
    )


def by_nmaps_lines() -> Way:
    """Nmap's expressions, as our reader reads them, one after another until one fits."""
    patterns = list(compiled())
    return Way(len(patterns), lambda banner: any(each.search(banner[1]) for each in patterns))


def compiled() -> Iterator[re.Pattern[str]]:
    """Those of Nmap's expressions that Python can read."""
    for line in read_nmapdb(PROBES.read_text(encoding="latin-1")).lines:
        try:
            yield line.pattern
        except (re.error, RecursionError):
            continue


WAYS: dict[str, Callable[[], Way]] = {
    "field": by_field,
    "every": by_every_field,
    "nmap": by_nmaps_lines,
}


def here(name: str) -> bool:
    """Whether this machine has what the way needs."""
    return name != "nmap" or PROBES.is_file()


def banners(n: int) -> list[Banner]:
    """So many banners, the same for the same number."""
    chance = random.Random(7)
    samples = [(each.field, each.sample) for each in shipped()]
    chance.shuffle(samples)
    noisy = (
        banner
        for field, text in samples
        for banner in ((field, text), (field, "".join(chance.choices(printable, k=len(text)))))
    )
    return list(islice(cycle(noisy), n))


def timed(way: Way, some: Sequence[Banner]) -> Timed:
    """Match each banner with a clock of its own, then all in one go."""
    fitted = sum(map(way.fits, some))
    each_us = []
    for banner in some:
        began = time.perf_counter()
        way.fits(banner)
        each_us.append((time.perf_counter() - began) * 1e6)
    began = time.perf_counter()
    for banner in some:
        way.fits(banner)
    a_second = len(some) / (time.perf_counter() - began)
    middle, late = statistics.median(each_us), statistics.quantiles(each_us, n=20)[-1]
    return Timed(way.expressions, len(some), fitted, middle, late, a_second)


def main(name: str, n: str) -> None:
    print(json.dumps(asdict(timed(WAYS[name](), banners(int(n))))))


if __name__ == "__main__":
    main(*sys.argv[1:])
