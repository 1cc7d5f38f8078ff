"""``periplus scan``: find the open ports of hosts.

What starts first decides how long a small scan takes. The routes are asked by a child (`transport.scout`) that must
be forked before NumPy is imported, so this file imports nothing that would.
"""

import os
from collections.abc import Sequence
from contextlib import nullcontext

from periplus.transport.privilege import can_send_raw
from periplus.transport.scout import Scout

__all__ = ["HELP", "main"]

HELP = "find the open ports of hosts"
NO_ROUTES_NEEDED = ({"-sT", "-Pn"}, {"-sL"}, {"-h"}, {"--help"})  # whoever says all of one of these


def main(arguments: Sequence[str]) -> int:
    """Scan, and return the exit status."""
    raw = can_send_raw()
    without = any(words <= set(arguments) for words in NO_ROUTES_NEEDED)
    scout = Scout.start() if raw and not without else None
    # NumPy would start threads for linear algebra, of which there is none here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with scout or nullcontext():
        from periplus.cli.scanning import scan

        return scan(arguments, raw, scout)
