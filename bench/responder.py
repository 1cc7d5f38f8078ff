"""Puts a responder for high rates at a link of the lab: in the kernel where clang is present, else in user space.

`responder.c` is compiled for one manner into a temporary directory and bound to the interface as generic XDP, so it
answers whatever the interface gets before the host's stack sees it. Without clang, or where this kernel takes no XDP,
`answers.py` runs in the host's namespace instead; it is slower and says so in the bench's output.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.truth import FIRST, NETWORK, SECOND, SPREAD, Manner
from tests.lab import scanners
from tests.lab.network import LabError, Node

__all__ = ["responding"]

HERE = Path(__file__).parent
CODE = "responder"  # the section
CLANG = ["clang", "-O2", "-g", "-target", "bpf", "-Wall", "-Wextra", "-Werror"]
HEADERS = Path("/usr/include")


def compiled(manner: Manner, path: Path) -> str | None:
    """Compile for this manner; why it cannot be, in a few words, or None."""
    if not shutil.which(CLANG[0]):
        return "clang is not installed"
    values = {
        "NETWORK": NETWORK,
        "OPEN": manner.open_below,
        "CLOSED": manner.closed_below,
        "LOSS": manner.loss,
        "SPREAD": SPREAD,
        "FIRST": FIRST,
        "SECOND": SECOND,
    }
    defined = [f"-D{name}={value}u" for name, value in values.items()]
    # asm/types.h lies below the machine's own name in Debian, where clang does not look for this target
    found = [f"-I{directory.parent}" for directory in HEADERS.glob("*-linux-gnu/asm")]
    words = [*CLANG, *found, *defined, "-c", str(HERE / "responder.c"), "-o", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return (done.stderr.strip().splitlines() or ["clang failed"])[0] if done.returncode else None


def loaded(node: Node, link: str, manner: Manner) -> str | None:
    """Compile and bind; why it cannot be, or None."""
    with tempfile.TemporaryDirectory(prefix="periplus-bench-") as files:
        path = Path(files) / "responder.o"
        if why := compiled(manner, path):
            return why
        try:
            node.ip("link", "set", "dev", link, "xdpgeneric", "obj", str(path), "sec", CODE)
        except LabError as error:
            return str(error).splitlines()[-1]
    return None


@contextmanager
def responding(node: Node, link: str, manner: Manner, *, user_space: bool = False) -> Iterator[str]:
    """A responder at the link while the block runs; what kind it is, in words."""
    why = "asked for" if user_space else loaded(node, link, manner)
    if not why:
        try:
            yield "in the kernel (XDP)"
        finally:
            node.ip("link", "set", "dev", link, "xdpgeneric", "off")
        return
    words = [str(HERE / "answers.py"), link, *map(str, (manner.open_below, manner.closed_below, manner.loss))]
    child = node.start(sys.executable, "-P", *words, stdout=subprocess.PIPE, env=scanners.environment())
    if not child.stdout or child.stdout.readline() != b"ready\n":
        raise LabError("answers.py did not start")
    try:
        yield f"in user space ({why})"
    finally:
        with suppress(ValueError):
            node.children.remove(child)
        with child:
            child.kill()
