"""RFC 3720's vectors, and rows of any width against the bit-by-bit twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import crc32c as twin

from periplus.columns import U8
from periplus.wire.crc32c import WIRE_FORMAT, crc32c

# RFC 3720 appendix B.4: bytes, and their digest as it stands on the wire
READ_COMMAND = bytes.fromhex(
    "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" + "0200000000000000"
)
VECTORS = [
    (bytes(32), "aa36918a"),
    (b"\xff" * 32, "43aba862"),
    (bytes(range(32)), "4e79dd46"),
    (bytes(range(31, -1, -1)), "5cdb3f11"),
    (READ_COMMAND, "563a96d9"),
]


def columns(rows: list[bytes]) -> U8:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), len(rows[0]))


@pytest.mark.parametrize(("data", "digest"), VECTORS)
def test_the_vectors_of_rfc_3720(data: bytes, digest: str) -> None:
    value = crc32c(columns([data]))
    assert value.dtype == np.uint32
    assert value.astype(WIRE_FORMAT).tobytes() == bytes.fromhex(digest)
    assert twin(data).to_bytes(4, "little") == bytes.fromhex(digest)


@given(
    st.integers(0, 41).flatmap(lambda width: st.lists(st.binary(min_size=width, max_size=width), min_size=1))
)
def test_every_row_agrees_with_the_twin(rows: list[bytes]) -> None:
    assert crc32c(columns(rows)).tolist() == [twin(row) for row in rows]


@given(st.binary(min_size=60, max_size=60), st.integers(0, 20), st.integers(1, 3))
def test_rows_may_be_cut_out_of_wider_ones(data: bytes, start: int, step: int) -> None:
    """As the SCTP part of frames is, at any alignment."""
    rows = columns([data, data[::-1]])[:, start::step]
    assert crc32c(rows).tolist() == [twin(row.tobytes()) for row in rows]


def test_the_batch_of_none() -> None:
    assert crc32c(np.empty((0, 32), np.uint8)).shape == (0,)


def test_the_rows_are_left_as_they_were() -> None:
    rows = np.arange(72, dtype=np.uint8).reshape(2, 36)
    crc32c(rows)
    assert rows.tolist() == np.arange(72).reshape(2, 36).tolist()
