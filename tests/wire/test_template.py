"""Copies of a template: every byte is copied, fields are patched big-endian wherever they are."""

import numpy as np
import pytest

from periplus.wire.template import Template


@pytest.mark.parametrize("n", [0, 1, 3])
def test_copies_hold_the_bytes_between_the_fields(n: int) -> None:
    frame = bytes(range(1, 12))
    frames, cells = Template(frame, {"word": (">u4", 3), "half": (">u2", 9)}).copies(n)
    assert frames.shape == (n, 11)
    assert frames.flags.c_contiguous
    cells["word"] = np.full(n, 0xAABBCCDD, np.uint32)
    cells["half"] = np.arange(n, dtype=np.uint16)
    for row in range(n):
        expected = b"\x01\x02\x03\xaa\xbb\xcc\xdd\x08\x09\x00" + bytes([row])
        assert frames[row].tobytes() == expected


def test_copies_do_not_share_memory_with_the_template() -> None:
    template = Template(b"\0\0\0\0", {"all": (">u4", 0)})
    _, cells = template.copies(2)
    cells["all"] = 0xFFFFFFFF
    frames, _ = template.copies(2)
    assert not frames.any()
