"""Explanations: what decided, and conversations of which nothing reaches a terminal as it is."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.result.served import HTTPS, SILENT, SSH

from periplus.findings import Passage, Way
from periplus.result.explain import MOST_BYTES, explanation, unasked


def test_what_decided_and_the_conversation() -> None:
    assert list(explanation("198.18.0.2", SSH)) == [
        "How 198.18.0.2 port 22/tcp was identified: ssh, sure by 0.99: identification string SSH-2.0-\n",
        "  what it says of itself: OpenSSH 9.2p1 (Debian 2+deb12u3)\n",
        "  read by: ssh.software ~ ^OpenSSH\n",
        "        0.5 ms < 53 53 48 2d 32 2e 30 2d 78 0d 0a 1b 5b 33 31 6d SSH-2.0-x...[31m\n",
        "        1.0 ms ! closed\n",
    ]


def test_the_runner_up_and_what_else_was_tried() -> None:
    lines = list(explanation("198.18.0.2", HTTPS))
    assert "  next likely: rtsp, sure by 0.30\n" in lines
    assert "  what else was tried: no FTP\n" in lines


def test_what_was_not_identified() -> None:
    assert list(explanation("198.18.0.2", SILENT)) == [
        "How 198.18.0.2 port 80/tcp was asked: it takes connections and says nothing\n"
    ]


def test_what_was_not_asked() -> None:
    line = "198.18.0.2 port 7 was not asked who answers there: it was not found open\n"
    assert unasked("198.18.0.2", 7) == line


@given(st.sampled_from(Way), st.binary(max_size=3_000))
def test_any_bytes_are_shown_harmlessly_and_not_at_length(way: Way, data: bytes) -> None:
    lines = list(explanation("198.18.0.2", replace(SSH, passages=(Passage(way, data, 1.0),))))
    assert all(line.endswith("\n") and line[:-1].isprintable() for line in lines)
    assert len(lines) < 5 + MOST_BYTES / 16 + 2
