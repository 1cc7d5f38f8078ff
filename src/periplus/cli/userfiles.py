"""Files that the user names, which may be anything: a device without end, the wrong disk image, a pipe.

What cannot be meant is refused before it eats the memory. Lists of targets come in pieces, so that pipes and standard
input are read as they arrive; how many targets there may be is bounded, as each takes half a kilobyte.
"""

import sys
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

from periplus.errors import UsageError
from periplus.space.targets import target_words

__all__ = ["MOST_BYTES", "MOST_WORDS", "STDIN", "bytes_of", "words_of"]

STDIN = "-"
PIECE = 1 << 16
MOST_WORDS = 2_000_000
MOST_BYTES = 1 << 26
MARK = "\ufeff"  # some editors begin files with it


def words_of(file: str) -> list[str]:
    """The words of a list of targets; ``-`` is standard input. UsageError: why it is none."""
    try:
        words = list(islice(target_words(_text(file)), MOST_WORDS + 1))
    except OSError as error:
        raise UsageError(str(error.strerror)) from error
    if len(words) > MOST_WORDS:
        raise UsageError(
            f"more than {MOST_WORDS:,} targets are in it; name networks, as in 198.18.0.0/15, or scan in parts"
        )
    return words


def _text(file: str) -> Iterator[str]:
    """Yield what is in a file, piece by piece."""
    decoder, before, begins = getincrementaldecoder("utf-8")(), 0, True
    with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as source:
        while True:
            piece = source.read(PIECE)
            kept, _ = decoder.getstate()
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                where = before - len(kept) + error.start
                raise UsageError(f"this is not text ({error.reason} at byte {where})") from error
            before += len(piece)
            yield text.removeprefix(MARK) if begins else text
            begins = begins and not text
            if not piece:
                return


def bytes_of(file: str) -> bytes:
    """All of a file. OSError: it cannot be read; UsageError: it is too large for anything that is asked for here."""
    with Path(file).open("rb") as source:
        data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UsageError(f"it is larger than {MOST_BYTES >> 20} MiB, so it cannot be what is wanted here")
    return data
