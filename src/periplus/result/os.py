"""What the formats for people say of an operating system, in the lines that users of Nmap know.

Names come from reference files and from services, and are made printable here.
"""

from collections.abc import Iterator, Sequence

from periplus.findings import OsClass
from periplus.result.row import OsMatch, OsRow
from periplus.result.text import date_time, printable

__all__ = ["ID_CLASSES", "best_name", "class_lines", "exact", "os_lines", "stamp_word"]

EXACT = 0.9995  # what is written as 100 %
MOST_NAMES = 10
DAY_S = 86_400
ID_CLASSES = {
    "Z": "All zeros",
    "RD": "Randomized",
    "RI": "Random positive increments",
    "BI": "Broken little-endian incremental",
    "I": "Incremental",
}
_STAMPS = {"U": "none returned (unsupported)", "0": "zero timestamp", "1": "2HZ", "7": "100HZ", "8": "200HZ"}


def exact(found: OsRow) -> tuple[OsMatch, ...]:
    """Return the references that fit without any difference."""
    return tuple(match for match in found.matches if match.accuracy >= EXACT)


def best_name(found: OsRow) -> str | None:
    """Return the name of what the host runs most likely."""
    named = [guess.name for guess in found.guesses] + [match.name for match in found.matches]
    return named[0] if named else None


def os_lines(found: OsRow, ended: float, verbose: bool) -> Iterator[str]:
    """Yield the lines of a host; `ended` is when the host was done with."""
    if found.why:
        yield f"OS detection: {printable(found.why)}\n"
    yield from class_lines(found)
    yield from _name_lines(found)
    yield from _guess_lines(found)
    if verbose and found.uptime_s is not None:
        since = date_time(ended - found.uptime_s)
        yield f"Uptime guess: {found.uptime_s / DAY_S:.3f} days (since {since} UTC)\n"
    if found.distance is not None:
        yield f"Network Distance: {found.distance} hop{'s' if found.distance != 1 else ''}\n"
    if verbose and found.difficulty is not None:
        yield "TCP Sequence Prediction: Difficulty={} ({})\n".format(*found.difficulty)
    if verbose and found.ids is not None:
        yield f"IP ID Sequence Generation: {ID_CLASSES.get(found.ids, f'Always {found.ids}')}\n"


def class_lines(found: OsRow) -> Iterator[str]:
    """Yield what kinds of device and system the best matches belong to."""
    sure = exact(found)
    matches = sure or found.matches
    classes = [(each, match.accuracy) for match in matches for each in match.classes]
    if not classes:
        return
    kinds = dict.fromkeys(each.kind for each, _ in classes)
    yield f"Device type: {printable('|'.join(kinds))}\n"
    running = ", ".join(_running(classes, with_accuracy=not sure))
    yield f"Running{'' if sure else ' (JUST GUESSING)'}: {printable(running)}\n"
    cpes = dict.fromkeys(cpe for each, _ in classes for cpe in each.cpe)
    if cpes:
        yield f"OS CPE: {printable(' '.join(cpes))}\n"


def _running(classes: Sequence[tuple[OsClass, float]], with_accuracy: bool) -> Iterator[str]:
    """``Linux 4.X|5.X (97%)`` for each vendor and family, the best first."""
    generations: dict[tuple[str, str], list[str]] = {}
    accuracies: dict[tuple[str, str], float] = {}
    for each, accuracy in classes:
        key = (each.vendor, each.family)
        accuracies.setdefault(key, accuracy)
        known = generations.setdefault(key, [])
        if each.generation and each.generation not in known:
            known.append(each.generation)
    for (vendor, family), known in generations.items():
        name = family if vendor == family else f"{vendor} {family}"
        percent = f" ({_percent(accuracies[vendor, family])})" if with_accuracy else ""
        yield f"{name} {'|'.join(known)}".rstrip() + percent


def _name_lines(found: OsRow) -> Iterator[str]:
    sure = exact(found)
    if sure:
        yield f"OS details: {printable(', '.join(match.name for match in sure[:MOST_NAMES]))}\n"
    elif found.matches:
        names = (f"{match.name} ({_percent(match.accuracy)})" for match in found.matches[:MOST_NAMES])
        yield f"Aggressive OS guesses: {printable(', '.join(names))}\n"
        yield "No exact OS matches for host\n"
    elif found.fingerprint:
        yield "No OS matches for host\n"


def _guess_lines(found: OsRow) -> Iterator[str]:
    """The likeliest by all evidence."""
    for guess in found.guesses[:1]:
        why = f": {'; '.join(guess.evidence)}" if guess.evidence else ""
        yield f"OS by all evidence: {printable(guess.name)}, sure by {guess.confidence:.2f}{printable(why)}\n"


def _percent(share: float) -> str:
    return f"{int(share * 100 + 1e-9)}%"


def stamp_word(word: str) -> str:
    """Return a class of time stamps in Nmap's words."""
    return _STAMPS.get(word, "1000HZ" if word == "A" else "other")
