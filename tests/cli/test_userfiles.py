"""What stands in files of the user, and what is refused before it eats the memory."""

import io
from pathlib import Path

import pytest

from periplus.cli import userfiles
from periplus.cli.userfiles import bytes_of, words_of
from periplus.errors import UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def refusal(file: Path) -> str:
    with pytest.raises(UsageError) as caught:
        words_of(str(file))
    return str(caught.value)


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1 << 16])
def test_words_are_the_same_whatever_the_pieces(
    file: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(userfiles, "PIECE", piece)
    file.write_bytes("\ufeffbücher.example # \ufeff\r\n198.18.0.1 2001:db8::1".encode())
    assert words_of(str(file)) == ["bücher.example", "198.18.0.1", "2001:db8::1"]
    file.write_bytes(b"198.18.0.1\n\xff")
    assert refusal(file) == "this is not text (invalid start byte at byte 11)"
    file.write_bytes(b"198.18.0.1\n\xc3")
    assert refusal(file) == "this is not text (unexpected end of data at byte 11)"
    file.write_bytes(b"\xc3\xbc\xe2\x82A")
    assert refusal(file) == "this is not text (invalid continuation byte at byte 2)"


def test_no_more_targets_than_there_is_memory_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(userfiles, "MOST_WORDS", 1_000)
    file.write_text("198.18.0.1\n" * 1_000)
    assert len(words_of(str(file))) == 1_000
    file.write_text("198.18.0.1\n" * 1_001)
    assert refusal(file).startswith("more than 1,000 targets are in it; name networks")


def test_a_stream_without_end_is_left_where_that_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    class Yes(io.RawIOBase):
        left = 100

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            assert self.left
            return b"y\n" * 500

    monkeypatch.setattr(userfiles, "MOST_WORDS", 10_000)
    monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": Yes()}))
    with pytest.raises(UsageError, match="more than 10,000 targets"):
        words_of("-")


def test_a_file_is_read_whole_or_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(userfiles, "MOST_BYTES", 1 << 20)
    file.write_bytes(bytes(1 << 20))
    assert len(bytes_of(str(file))) == 1 << 20
    for large in (file, Path("/dev/zero")):
        with file.open("ab") as more:
            more.write(b"1")
        with pytest.raises(UsageError, match="larger than 1 MiB"):
            bytes_of(str(large))
    with pytest.raises(FileNotFoundError):
        bytes_of("/nowhere/file")
