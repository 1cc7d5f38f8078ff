"""Files for identification: what is none is refused before anything is sent, in one line that names it."""

from pathlib import Path

import pytest

from periplus.cli.opinions import check_opinions
from periplus.cli.options import read
from periplus.errors import UsageError
from periplus.identify.draft import entry

RECOG = "<?xml version='1.0'?>\n<!-- a licence -->\n<fingerprints matches='ssh.banner'/>\n"
PROBES = "Probe TCP NULL q||\nmatch ssh m|^SSH-([\\d.]+)| p/x/\n"


def check(flag: str, file: Path) -> None:
    check_opinions(read(["-sV", flag, str(file), "198.18.0.2"]))


def test_what_can_be_used_passes(tmp_path: Path) -> None:
    (tmp_path / "ssh_banners.xml").write_text(RECOG, encoding="utf-8")
    (tmp_path / "notes.txt").write_bytes(b"\xff")
    probes = tmp_path / "nmap-service-probes"
    probes.write_text(PROBES, encoding="latin-1")
    check("--recog", tmp_path)
    check("--probes-db", probes)
    own = tmp_path / "own.toml"
    own.write_text("", encoding="utf-8")
    check("--signatures", own)


@pytest.mark.parametrize("flag", ["--probes-db", "--recog", "--signatures"])
def test_what_is_not_there(flag: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{flag} .*nowhere: there is no such file"):
        check(flag, tmp_path / "nowhere")


@pytest.mark.parametrize("flag", ["--probes-db", "--signatures"])
def test_what_never_ends(flag: str) -> None:
    with pytest.raises(UsageError, match=f"{flag} /dev/zero: it is larger than 64 MiB"):
        check(flag, Path("/dev/zero"))


def test_probes_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text('{"type":"match it"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="no line of it is a match line"):
        check("--probes-db", file)
    with pytest.raises(UsageError, match="Is a directory"):
        check("--probes-db", tmp_path)


def test_recog_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "nmap.xml"
    file.write_text("<nmaprun/>", encoding="utf-8")
    with pytest.raises(UsageError, match="holds fingerprints of Recog"):
        check("--recog", tmp_path)
    with pytest.raises(UsageError, match="Not a directory"):
        check("--recog", file)


def test_drafts_that_nobody_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(entry("Thing 1.2 ready\r\n", "198.18.0.2 port 9/tcp"), encoding="utf-8")
    with pytest.raises(UsageError, match="signature 1 is a draft"):
        check("--signatures", file)
    file.write_text(file.read_text(encoding="utf-8").replace('"?"', '"Thing"'), encoding="utf-8")
    check("--signatures", file)


def test_signatures_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[[signature]]\nfield = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.toml: signature 1: "):
        check("--signatures", file)
    file.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"own\.toml"):
        check("--signatures", file)
    with pytest.raises(UsageError, match="Is a directory"):
        check("--signatures", tmp_path)
