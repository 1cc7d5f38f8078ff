"""Vendors of hardware addresses, from whatever list this machine has; none ships with the program.

The first place that has a list is used, and it alone, so that one file can be named as the origin. It is read when
the first address asks for it: a scan that sees no hardware address, or only such as belong to nobody, reads nothing.

Limits: a list is as old as the package that it came with. A vendor is who the block was assigned to, often the maker
of the network chip; anybody can give an interface another address, so it proves nothing.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from periplus.space.vendors import Text, VendorLists

__all__ = ["PLACES", "Place", "Vendors"]

LOCAL_BIT: Final = (
    1 << 41
)  # the second lowest of the first octet: chosen on the spot, so nobody's (IEEE Std 802)

Place = tuple[Path, tuple[str, ...]]  # a directory, and its files, the one that must be there first

IEEE_FILES: Final = ("oui.txt", "mam.txt", "oui36.txt", "iab.txt")
PLACES: Final[tuple[Place, ...]] = (
    (Path("/usr/share/ieee-data"), IEEE_FILES),  # Debian's package ieee-data
    (Path("/var/lib/ieee-data"), IEEE_FILES),
    (Path("/usr/share/wireshark"), ("manuf",)),
    (Path("/usr/share/nmap"), ("nmap-mac-prefixes",)),
)


class Vendors:
    """Knows vendors by hardware address; `tell` gets one line that names the list, when it is read."""

    def __init__(self, tell: Callable[[str], None], places: Sequence[Place] = PLACES) -> None:
        self._tell = tell
        self._places = places
        self._lists: VendorLists | None = None

    def vendor(self, mac: str) -> str | None:
        """Return the vendor of an address such as ``00:53:00:11:22:33``."""
        number = int.from_bytes(bytes.fromhex(mac.replace(":", "")))
        return None if number & LOCAL_BIT else self._ready().vendor(number)

    def _ready(self) -> "VendorLists":
        from periplus.space.vendors import VendorLists

        if self._lists is None:
            self._lists = VendorLists(self._read())
        return self._lists

    def _read(self) -> list["Text"]:
        for directory, names in self._places:
            found = {name: text for name in names if (text := _text(directory / name)) is not None}
            if names[0] in found:
                self._tell(f"Vendors from {directory / ', '.join(found)}")
                return list(found.values())
        self._tell("No vendors: this machine has no list of them, such as Debian's ieee-data")
        return []


def _text(path: Path) -> "Text | None":
    """Map a file into memory: to copy millions of bytes would take longer than to search them."""
    from mmap import ACCESS_READ, mmap

    try:
        with path.open("rb") as file:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
    except OSError:
        return None
    except ValueError:  # nothing is in it
        return b""
