"""Files that the user gives to identification are looked at before anything is sent.

What would fail, or silently say nothing, when the first port is asked is refused now: a file that is not there or may
not be read, one that is no ``nmap-service-probes``, a folder without fingerprints, signatures that are none.
"""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from periplus.cli.userfiles import bytes_of
from periplus.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_opinions"]

MATCH_LINE = re.compile(rb"^(?:soft)?match \S+ m", re.MULTILINE)
RECOG_ROOT = b"<fingerprints"
HEAD_BYTES = 16_384  # of a file of Recog: its licence and comments stand before the root


def check_opinions(given: argparse.Namespace) -> None:
    """Refuse what cannot be used. UsageError: which file, and why."""
    checks: tuple[tuple[str, str | None, Callable[[Path], None]], ...] = (
        ("--probes-db", given.probes_db, _probes),
        ("--recog", given.recog, _recog),
        ("--signatures", given.signatures, _signatures),
    )
    for flag, file, check in checks:
        if file is None:
            continue
        try:
            check(Path(file))
        except FileNotFoundError:
            raise UsageError(f"{flag} {file}: there is no such file") from None
        except OSError as error:
            raise UsageError(f"{flag} {file}: {error.strerror}") from None
        except (UnicodeDecodeError, UsageError) as error:
            raise UsageError(f"{flag} {file}: {error}") from None


def _probes(file: Path) -> None:
    if MATCH_LINE.search(bytes_of(str(file))) is None:
        raise UsageError("no line of it is a match line of nmap-service-probes")


def _recog(folder: Path) -> None:
    files = sorted(each for each in folder.iterdir() if each.suffix == ".xml")
    if not any(_is_recog(each) for each in files):
        raise UsageError(
            "no file in it, *.xml, holds fingerprints of Recog; in Recog's own source they are in xml/"
        )


def _is_recog(file: Path) -> bool:
    with file.open("rb") as opened:
        return RECOG_ROOT in opened.read(HEAD_BYTES)


def _signatures(file: Path) -> None:
    from periplus.identify.draft import FILL_IN
    from periplus.identify.signature import read_signatures

    for number, each in enumerate(read_signatures(bytes_of(str(file)).decode("utf-8")), 1):
        if FILL_IN in (each.service, each.product, each.origin):
            raise UsageError(f'signature {number} is a draft: fill in what is marked by "{FILL_IN}"')
