"""References are read from a file that has some, or else are our own."""

from pathlib import Path

import pytest
from tests.identify.os.test_reference import FILE

from periplus.identify.os.stacks import CERTAINTY
from periplus.scan.osreferences import OWN, references


def test_a_file_of_references(tmp_path: Path) -> None:
    path = tmp_path / "nmap-os-db"
    path.write_bytes(FILE.encode() + b"# \xff\n")
    found, source, worth = references(str(path))
    assert (len(found.known), source, worth) == (2, str(path), 1.0)


@pytest.mark.parametrize("content", [None, "nothing of the kind"])
def test_without_one_our_own_stand_in(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "nmap-os-db"
    if content:
        path.write_text(content)
    assert references(str(path))[1:] == references(None)[1:] == (OWN, CERTAINTY)
