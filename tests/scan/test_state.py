"""The state file: what goes in comes out, what is damaged or another is refused in one line, one is always there."""

import fcntl
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.examples import summary
from tests.wire.twins import number

from periplus.engine.remains import COLUMNS, Remains
from periplus.engine.shown import COLUMNS as SHOWN
from periplus.errors import CannotScan, UsageError
from periplus.result.row import Crowded
from periplus.result.sink import Mark
from periplus.result.writer import Kept
from periplus.scan.state import FORMAT, Asked, Past, Standing, StateFile, read_state
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space

HOSTS = AddressSpace.of(
    [(number("198.18.0.0"), number("198.18.0.9")), (number("2001:db8::"), number("2001:db8::7"))]
)
SPACES = {
    "tcp": Space.of(
        [(HOSTS, np.array([22, 80, 81], np.uint16)), (HOSTS & HOSTS, np.array([0, 65535], np.uint16))]
    ),
    "udp": Space.of([(HOSTS, np.array([53], np.uint16))]),
}
ASKED = Asked(
    arguments=("-sS", "\udcff", "198.18.0.0/28"),
    directory="/some/where",
    seed=(1 << 53) - 1,
    raw=True,
    started=1_700_000_000.25,
    hosts=HOSTS,
    spaces=SPACES,
    names=(("www.example", number("198.18.0.1")),),
    ports={"tcp": (22, 80, 81), "udp": (53,), "ip": ()},
    interface="eth0",
)


def standing(still_open: list[int], remains: int = 0) -> Standing:
    column = {name: np.arange(remains).astype(dtype) for name, dtype in COLUMNS.items()}
    return Standing(
        reached=500,
        still_open=np.array(still_open, np.int64),
        summary=replace(summary("interrupted"), crowded=(Crowded("198.18.2.0/24", 5, 6),)),
        outputs={"/a": Kept(Mark(5, 7), {"told": {"198.18.0.1": [["tcp", 22]]}}), "/b": None},
        remains=(Remains(column),) if remains else (),
        shown={name: np.arange(remains).astype(dtype) for name, dtype in SHOWN.items()} if remains else {},
    )


def read(path: Path) -> Past:
    past = read_state(path)
    assert past is not None
    os.close(past.held)
    return past


def written(path: Path, what: Standing) -> Past:
    file = StateFile(path, ASKED)
    file.write(what)
    file.close()
    return read(path)


def plain(asked: Asked) -> dict[str, Any]:
    """What can be compared."""
    blocks = {
        proto: [(block.addresses.ranges(), block.ports.tolist()) for block in space.blocks]
        for proto, space in asked.spaces.items()
    }
    names = ("arguments", "directory", "seed", "raw", "started", "names", "ports", "interface", "hosts")
    return {name: getattr(asked, name) for name in names} | {"spaces": blocks}


@given(st.lists(st.integers(0, 1 << 61), unique=True, max_size=50), st.integers(0, 20))
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, still_open: list[int], rows: int
) -> None:
    what = standing(sorted(still_open), rows)
    past = written(tmp_path_factory.mktemp("state") / "s", what)
    assert plain(past.asked) == plain(ASKED)
    found = past.standing
    assert found.still_open.tolist() == sorted(still_open)
    assert (found.reached, found.outputs, found.finished) == (what.reached, what.outputs, False)
    assert asdict(found.summary) == asdict(what.summary)
    for each, twin in zip(found.remains, what.remains, strict=True):
        for name, dtype in COLUMNS.items():
            assert each.columns[name].dtype == dtype
            assert each.columns[name].tobytes() == twin.columns[name].tobytes()
    assert found.shown.keys() == what.shown.keys()
    for name, column in found.shown.items():
        assert column.dtype == SHOWN[name]
        assert column.tobytes() == what.shown[name].tobytes()


def test_a_newer_state_replaces_the_older_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "s"
    file = StateFile(path, ASKED)
    for count in range(3):
        file.write(standing(list(range(count))))
    file.close()
    file.close()
    assert [each.name for each in tmp_path.iterdir()] == ["s"]
    assert read(path).standing.still_open.tolist() == [0, 1]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "s").symlink_to(tmp_path / "far" / "real")
    written(tmp_path / "s", standing([]))
    assert (tmp_path / "s").is_symlink()
    assert (tmp_path / "far" / "real").is_file()


def test_without_a_file_there_is_no_past(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none") is None


def test_a_scan_that_runs_keeps_its_state_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "s"
    file = StateFile(path, ASKED)
    file.write(standing([]))
    with pytest.raises(
        CannotScan, match=f"--resume {path}: a scan that is running keeps it; stop that first"
    ):
        read_state(path)
    file.close()
    past = read_state(path)
    assert past is not None
    with pytest.raises(CannotScan):  # from reading to writing as well
        read_state(path)
    taken = StateFile(path, past.asked, past.held)
    taken.write(past.standing)
    with pytest.raises(CannotScan):
        read_state(path)
    taken.close()
    read(path)


def test_a_file_system_without_locks_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert written(tmp_path / "s", standing([3])).standing.still_open.tolist() == [3]


@given(st.data())
def test_whatever_is_damaged_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("state") / "s"
    written(path, standing([1, 5], 3))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        path.write_bytes(whole[:place])
    else:
        byte = data.draw(st.integers(0, 255).filter(lambda each: each != whole[place]))
        path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    with pytest.raises(UsageError) as error:
        read_state(path)
    text = str(error.value)
    assert text.startswith(f"--resume {path}: ")
    assert "\n" not in text


def damage(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, new, 1))


def test_how_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for old, new, why in (
        (b"periplus-state", b"something", "this is no state of a scan; name another file"),
        (
            f"state {FORMAT}".encode(),
            b"state 1",
            "another version of Periplus wrote it; go on with that one, or begin anew",
        ),
        (b'"raw":true', b'"raw":null', "it is damaged (its checksum is wrong); begin anew"),
    ):
        written(path, standing([]))
        damage(path, old, new)
        with pytest.raises(UsageError) as error:
            read_state(path)
        assert str(error.value) == f"--resume {path}: {why}"
    with pytest.raises(UsageError, match="Is a directory"):
        read_state(tmp_path)


def test_a_right_checksum_over_nonsense_is_no_excuse(tmp_path: Path) -> None:
    from hashlib import sha256

    for lines in (b"{}\n{}\n", b"[]\n[]\n", b"\n\n", b"1\n\xff\n", b"[" * 99_999 + b"\n1\n"):
        body = f"periplus-state {FORMAT}\n".encode() + lines
        (tmp_path / "s").write_bytes(body + b"sha256 " + sha256(body).hexdigest().encode() + b"\n")
        with pytest.raises(UsageError, match="it makes no sense"):
            read_state(tmp_path / "s")


def test_what_cannot_be_written_leaves_the_older_state(tmp_path: Path) -> None:
    path = tmp_path / "s"
    file = StateFile(path, ASKED)
    file.write(standing([1]))
    (tmp_path / ".s.part").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        file.write(replace(standing([1]), finished=True))
    file.close()
    assert not read(path).standing.finished
