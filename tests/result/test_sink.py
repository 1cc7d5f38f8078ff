import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.result.sink import (
    GROUP_BYTES,
    NOTHING,
    Document,
    Mark,
    Stream,
    _groups,
    fault,
    open_sink,
    standard_output,
)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def document(path: Path, clock: Clock) -> Document:
    """A document sink with a clock of ours."""
    return Document(path, os.open(path, os.O_RDWR | os.O_CREAT, 0o644), clock)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process may grow over `size`, as on a full disk (EFBIG instead of ENOSPC)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=GROUP_BYTES // 2), max_size=20))
def test_groups_hold_whole_pieces_up_to_a_page(pieces: list[str]) -> None:
    groups = list(_groups(pieces))
    assert b"".join(groups) == "".join(pieces).encode()
    borders, end = {0}, 0
    for piece in pieces:
        end += len(piece.encode())
        borders.add(end)
    end = 0
    for group in groups:
        end += len(group)
        assert end in borders
        assert len(group) <= max(GROUP_BYTES, *(len(piece.encode()) for piece in pieces))


def test_lines_are_in_the_file_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "out"
    sink = open_sink(str(path), document=False)
    sink.write(["one\n", "two\n"])
    assert path.read_text() == "one\ntwo\n"
    sink.write(["three\n"])
    sink.refresh()
    assert path.read_text() == "one\ntwo\nthree\n"
    sink.close()
    sink.close()


@pytest.mark.parametrize("is_document", [False, True])
def test_an_old_result_is_lost_only_by_the_first_write(tmp_path: Path, is_document: bool) -> None:
    path = tmp_path / "out"
    path.write_text("an older and longer result\n")
    sink = open_sink(str(path), document=is_document)
    sink.close()
    assert path.read_text() == "an older and longer result\n"
    sink = open_sink(str(path), document=is_document)
    sink.write(["new\n"], "end\n" if is_document else None)
    sink.close()
    assert path.read_text() == ("new\nend\n" if is_document else "new\n")


def test_a_document_is_complete_at_once_and_then_once_a_second(tmp_path: Path) -> None:
    path, clock = tmp_path / "out.xml", Clock()
    sink = document(path, clock)
    sink.write(["a\n"], "end\n")
    assert path.read_text() == "a\nend\n"
    clock.now += 0.9
    sink.write(["b\n"], "END\n")
    assert path.read_text() == "a\nend\n"
    clock.now += 0.2
    sink.refresh()
    assert path.read_text() == "a\nb\nEND\n"
    sink.write(["c\n"])
    sink.close()
    assert path.read_text() == "a\nb\nc\nEND\n"
    assert [each.name for each in tmp_path.iterdir()] == ["out.xml"]


def test_publishing_takes_a_tenth_of_the_time_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, clock = tmp_path / "out.xml", Clock()
    sink = document(path, clock)
    publish = sink._publish

    def slow() -> None:
        publish()
        clock.now += 3.0

    monkeypatch.setattr(sink, "_publish", slow)
    sink.write(["a\n"], "end\n")
    started = clock.now - 3.0
    for _ in range(26):
        clock.now += 1.0
        sink.write(["b\n"])
    assert path.read_text() == "a\nend\n"
    clock.now = started + 30.0
    sink.refresh()
    assert path.read_text() == "a\n" + "b\n" * 26 + "end\n"


def test_a_document_keeps_mode_and_follows_links(tmp_path: Path) -> None:
    path, link = tmp_path / "real.xml", tmp_path / "link.xml"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    sink = open_sink(str(link), document=True)
    sink.write(["new\n"], "")
    sink.close()
    assert link.is_symlink()
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "out.xml"
    sink = document(path, Clock())
    sink._part.write_text("left over")
    sink.write(["a\n"], "end\n")
    sink.close()
    assert path.read_text() == "a\nend\n"
    assert not sink._part.exists()


@pytest.mark.parametrize("error", [errno.EACCES, errno.EBUSY])
def test_where_a_file_cannot_be_replaced_it_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(Path, "rename", refuse)
    path = tmp_path / "out.xml"
    path.write_text("an older result, longer than what comes at first\n")
    sink = open_sink(str(path), document=True)
    sink.write(["a\n"], "a long end\n")
    assert path.read_text() == "a\na long end\n"
    sink.write(["b\n"], "end\n")
    sink.refresh()
    assert path.read_text() == "a\nb\nend\n"
    sink.close()
    assert path.read_text() == "a\nb\nend\n"
    assert [each.name for each in tmp_path.iterdir()] == ["out.xml"]


def test_a_line_file_that_cannot_grow_ends_with_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "out"
    sink = open_sink(str(path), document=False)
    with file_size_limit(10_000), pytest.raises(OSError, match="too large"):
        sink.write(f"{number:06d}\n" for number in range(100_000))
    sink.close()
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) > 500
    assert lines == [f"{number:06d}\n" for number in range(len(lines))]


def test_a_document_that_cannot_grow_keeps_its_last_complete_copy(tmp_path: Path) -> None:
    path, clock = tmp_path / "out.xml", Clock()
    sink = document(path, clock)
    sink.write(["a\n"], "end\n")
    clock.now += 2
    with file_size_limit(10_000), pytest.raises(OSError, match="too large"):
        sink.write(["b" * 20_000], "end\n")
    sink.close()
    assert path.read_text() == "a\nend\n"
    assert [each.name for each in tmp_path.iterdir()] == ["out.xml"]


def test_a_document_that_somebody_cut_is_given_up(tmp_path: Path) -> None:
    path, clock = tmp_path / "out.xml", Clock()
    sink = document(path, clock)
    sink.write(["a\n"], "end\n")
    path.write_text("")
    clock.now += 2
    with pytest.raises(OSError, match="shortened"):
        sink.write(["b\n"])
    sink.close()


@pytest.mark.parametrize("is_document", [False, True])
def test_a_full_device_is_an_error(is_document: bool) -> None:
    sink = open_sink("/dev/full", document=is_document)
    with pytest.raises(OSError, match="No space left"):
        sink.write(["a\n"], "end\n")
    sink.close()


def test_a_document_to_a_pipe_is_complete_when_it_is_closed() -> None:
    reader, writer = os.pipe()
    sink = Stream(writer, owned=True)
    sink.write(["a\n"], "end\n")
    sink.write(["b\n"], "END\n")
    assert os.read(reader, 100) == b"a\nb\n"
    sink.close()
    assert os.read(reader, 100) == b"END\n"
    assert os.read(reader, 100) == b""
    os.close(reader)


def test_standard_output_stays_open() -> None:
    reader, writer = os.pipe()
    sink = standard_output(writer)
    sink.write(["a\n"])
    sink.close()
    assert os.write(writer, b"b\n") == 2
    os.close(writer)
    assert os.read(reader, 100) == b"a\nb\n"
    os.close(reader)


def test_a_full_pipe_that_does_not_block_is_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    text = "x" * 99 + "\n"
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        Stream(writer, owned=True).write([text] * 5000)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        assert sum(len(line) for line in file) == 500_000
    assert os.waitpid(pid, 0)[1] == 0


def test_text_that_cannot_be_encoded_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "out"
    sink = open_sink(str(path), document=False)
    sink.write(["\udcff\n"])
    sink.close()
    assert path.read_bytes() == b"\\udcff\n"


# going on


@pytest.mark.parametrize("is_document", [False, True])
@given(
    st.lists(st.text(max_size=9), max_size=5),
    st.lists(st.text(max_size=9), max_size=5),
    st.lists(st.text(max_size=9), max_size=5),
)
def test_a_file_is_gone_on_with_behind_its_mark(
    tmp_path_factory: pytest.TempPathFactory,
    is_document: bool,
    kept: list[str],
    lost: list[str],
    later: list[str],
) -> None:
    path = tmp_path_factory.mktemp("sink") / "out"
    first = open_sink(str(path), document=is_document)
    first.write(kept, "end")
    mark = first.mark()
    assert mark is not None
    assert mark == NOTHING.after("".join(kept).encode("utf-8", "backslashreplace"))
    first.write(lost, "END")
    first.mark()
    assert fault(str(path), mark) is None
    second = open_sink(str(path), document=is_document, since=mark)
    assert second.mark() == mark
    second.write(later, "last")
    text = "".join([*kept, *later]).encode("utf-8", "backslashreplace")
    assert second.mark() == NOTHING.after(text)
    second.close()
    assert path.read_bytes() == text + b"last"
    first.close()


def test_a_document_in_place_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("body, old tail that is long")
    sink = Stream(os.open(path, os.O_RDWR), owned=True, in_place=True, since=NOTHING.after(b"body"))
    sink.write([" more"], " tail")
    assert path.read_text() == "body more tail"
    assert sink.mark() == NOTHING.after(b"body more")
    sink.close()
    assert path.read_text() == "body more tail"


def test_a_document_that_cannot_be_replaced_goes_on_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    path.write_text("body tail")
    sink = open_sink(str(path), document=True, since=NOTHING.after(b"body"))

    def refuse(*args: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("periplus.result.sink._create", refuse)
    sink.write([" more"], " end")
    assert sink.mark() == NOTHING.after(b"body more")
    sink.close()
    assert path.read_text() == "body more end"


def test_pipes_have_no_mark() -> None:
    reader, writer = os.pipe()
    sinks = [Stream(writer, owned=True), standard_output(reader)]
    assert [sink.mark() for sink in sinks] == [None, None]
    sinks[0].close()
    os.close(reader)


def test_what_is_not_what_was_written_is_found_out(tmp_path: Path) -> None:
    path, mark = tmp_path / "out", NOTHING.after(b"hello")
    assert fault(str(path), mark) == "it is gone"
    path.write_text("hell")
    assert fault(str(path), mark) == "it has 4 bytes, and 5 were written"
    path.write_text("hallo and more")
    assert fault(str(path), mark) == "it was changed by somebody else"
    path.write_text("hello and more")
    assert fault(str(path), mark) is None
    assert fault(str(tmp_path), Mark(1, 1)) == "Is a directory"


@pytest.mark.parametrize("is_document", [False, True])
def test_a_file_system_that_cannot_sync_is_no_trouble_and_a_broken_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_document: bool
) -> None:
    sink = open_sink(str(tmp_path / "out"), document=is_document)
    sink.write(["a"], "")
    trouble = [errno.ENOSYS, errno.EIO]

    def refuse(fd: int) -> None:
        number = trouble.pop(0)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert sink.mark() == NOTHING.after(b"a")
    with pytest.raises(OSError, match="Input/output error"):
        sink.mark()
    sink.close()
