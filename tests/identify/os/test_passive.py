"""A SYN-ACK alone."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.data import os_text
from periplus.findings import SynAck
from periplus.identify.os.passive import (
    TRUST,
    TRUST_OFFERED,
    fits,
    initial_ttl,
    letters,
    likely,
    read_passive,
    words,
)

STACKS = read_passive(os_text())
PLAIN, RICH = "M", "MSTNW"
LINUX = SynAck(22, 63, 64_240, "M", 1460, df=True, ip_id=0)


def named(shown: SynAck, offered: str = PLAIN) -> list[str]:
    """The names, the likeliest first."""
    return [reference.name for _, reference in likely(shown, STACKS, offered)]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (LINUX, ["Linux"]),
        (replace(LINUX, window=64_800, mss=1440, df=None, ip_id=None), ["Linux"]),  # IPv6
        (replace(LINUX, window=65_495, mss=65_495), ["Linux"]),  # the loopback
        (replace(LINUX, window=62_727, mss=8961), ["Linux"]),  # an Ethernet with large frames
        (replace(LINUX, window=29_200), ["Linux"]),  # 20 segments: 3.x and 4.x
        (replace(LINUX, window=14_600), ["Linux"]),
        (replace(LINUX, mss=1380), ["Linux"]),  # a router has cut the size
        (replace(LINUX, ttl=116, window=65_535, ip_id=7), ["Microsoft Windows"]),
        (replace(LINUX, window=16_384, ip_id=7), ["OpenBSD"]),
        (replace(LINUX, ttl=250, window=4_128, mss=536, df=False, ip_id=7), ["Cisco IOS"]),
        (replace(LINUX, ttl=255, window=5_840, df=False, ip_id=7), ["lwIP"]),
        (replace(LINUX, ttl=64, window=65_535, ip_id=0), ["FreeBSD", "Apple macOS or iOS", "Linux"]),
        (replace(LINUX, ttl=200, window=4_711, df=False, ip_id=9), []),
    ],
)
def test_what_a_plain_syn_is_answered_with(shown: SynAck, expected: list[str]) -> None:
    assert named(shown) == expected


def test_the_order_of_options_counts_as_far_as_they_were_offered() -> None:
    linux = replace(LINUX, options="MSTNW", window=65_160)
    windows = replace(linux, ttl=128, options="MNWST", ip_id=7)
    assert named(linux, RICH)[0] == "Linux"
    assert named(windows, RICH)[0] == "Microsoft Windows"
    assert named(replace(linux, options="MNNSNW"), "MSW") == named(replace(linux, options="MSW"), "MSW")
    assert fits(linux, STACKS[0], RICH) == 1.0
    assert fits(replace(linux, options="MNWST"), STACKS[0], RICH) < 0.6


def test_it_is_a_guess_however_well_it_fits() -> None:
    [(strength, _)] = likely(LINUX, STACKS, PLAIN)
    assert strength == pytest.approx(TRUST)
    best, _ = likely(replace(LINUX, options="MSTNW", window=1), STACKS, RICH)[0]
    assert best == pytest.approx(TRUST_OFFERED)


def test_the_evidence_in_words() -> None:
    assert words(LINUX, "Linux") == (
        "passive: the SYN-ACK of 22/tcp looks like Linux (TTL 63, window 64240 = 44 x 1460, MSS 1460, DF, IP id 0)"
    )
    bare = replace(LINUX, mss=None, df=None, ip_id=None)
    assert words(bare, "x") == "passive: the SYN-ACK of 22/tcp looks like x (TTL 63, window 64240)"
    assert words(replace(LINUX, df=False, ip_id=5), "x").endswith("no DF, an IP id)")


def test_letters_and_lives() -> None:
    assert letters("M[1-FFFF]NNSNW[0-E]NNT11") == "MNNSNWNNT"
    assert letters("M5B4ST11NW7") == "MSTNW"
    assert [initial_ttl(ttl) for ttl in (0, 32, 33, 64, 128, 129, 255)] == [32, 32, 64, 64, 128, 255, 255]


def test_every_stack_fits_itself_and_has_an_origin() -> None:
    rows = [row for row in tomllib.loads(os_text())["os"] if "plain" in row]
    assert len(rows) == len(STACKS) >= 7
    for stack, row in zip(STACKS, rows, strict=True):
        assert row["origin"]
        window = 20 * 1460 if row["plain"][0].startswith("mss") else int(row["plain"][0], 16)
        shown = SynAck(
            1,
            stack.ttl,
            window,
            "M",
            1460,
            df=stack.df,
            ip_id=None if stack.zero_id is None else 1 - stack.zero_id,
        )
        assert fits(shown, stack, PLAIN) == 1.0


numbers = st.integers(0, 65_535)
anything = st.builds(
    SynAck,
    numbers,
    st.integers(0, 255),
    numbers,
    st.text("LNMWST?", max_size=16),
    st.none() | numbers,
    df=st.none() | st.booleans(),
    ip_id=st.none() | numbers,
)


@given(anything, st.sampled_from(["", PLAIN, "MS", RICH]))
def test_whatever_comes_is_judged_within_bounds(shown: SynAck, offered: str) -> None:
    strengths = [strength for strength, _ in likely(shown, STACKS, offered)]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 < each <= TRUST_OFFERED + 1e-9 for each in strengths)
    assert words(shown, "x").startswith("passive: ")
