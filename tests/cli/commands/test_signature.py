"""``periplus signature new``: from what -oJ wrote to an entry that can be given back by --signatures."""

import json
from pathlib import Path

import pytest

from periplus.cli.commands.signature import main
from periplus.errors import UsageError
from periplus.identify.signature import read_signatures

Output = pytest.CaptureFixture[str]


def line(port: int, said: object, came: str = "unknown") -> str:
    row = {"type": "service", "addr": "198.18.0.2", "proto": "tcp", "port": port, "came": came, "said": said}
    return json.dumps({key: value for key, value in row.items() if value is not None}) + "\n"


def saved(folder: Path, *lines: str) -> str:
    file = folder / "run.json"
    file.write_text("".join(lines), encoding="utf-8")
    return str(file)


def test_each_unknown_text_becomes_one_entry(tmp_path: Path, capsys: Output) -> None:
    lines = [
        '{"type":"run"}\n',
        line(1, "one/1.2\r\n"),
        line(2, "\x00\x1b\xff"),
        line(3, "one/1.2\r\n"),
        line(4, None, "silent"),
    ]
    assert main(["new", saved(tmp_path, *lines)]) == 0
    shown = capsys.readouterr().out
    assert "# Seen at 198.18.0.2 port 1/tcp, 198.18.0.2 port 3/tcp." in shown
    assert "\x1b" not in shown
    assert [each.sample for each in read_signatures(shown)] == ["one/1.2\r\n", "\x00\x1b\xff"]


def test_a_file_without_unknown_services_is_told(tmp_path: Path, capsys: Output) -> None:
    assert main(["new", saved(tmp_path, line(4, None, "silent"))]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "said something unknown" in printed.err


@pytest.mark.parametrize("words", [[], ["new"], ["old", "x"], ["new", "x", "y"]])
def test_what_is_wanted(words: list[str]) -> None:
    with pytest.raises(UsageError, match="new FILE is wanted"):
        main(words)


@pytest.mark.parametrize(
    "text", ["no JSON", "[" * 99_999, "[]\n", line(1, 7), line(1, "€"), '{"type":"service","said":"x"}']
)
def test_what_is_no_output_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="line 2 is not what -oJ writes"):
        main(["new", saved(tmp_path, line(1, "x"), text)])


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        main(["new", str(tmp_path / "none")])
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not what -oJ writes"):
        main(["new", str(tmp_path / "binary")])
