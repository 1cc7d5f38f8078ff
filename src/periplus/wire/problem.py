"""Why a packet is no reply: a closed list, counted and shown in the summary.

A packet has one problem, the first that is met when reading from the outer header inwards.
"""

from enum import IntEnum

import numpy as np

from periplus.columns import U8, Mask

__all__ = ["Problem", "blame"]


class Problem(IntEnum):
    """What a problem column holds; OK (0) is none."""

    OK = 0
    NOT_IP = 1  # the link layer calls it something else, such as ARP
    TRUNCATED = 2  # ends before a header does, or before its own declared length
    BAD_VERSION = 3
    BAD_HEADER_LENGTH = 4  # shorter than the header's least, or longer than the packet
    FRAGMENT = 5  # a later fragment, which has no ports
    TOO_MANY_HEADERS = 6  # more IPv6 extension headers than anybody needs
    UNHANDLED_ICMP = 7  # neither an error message nor a reply to a question of ours
    BAD_QUOTE = 8  # what the ICMP error quotes is not a readable first fragment
    QUOTE_TOO_SHORT = 9  # fewer than eight bytes of the quoted header

    @property
    def word(self) -> str:
        """The problem for people, e.g. ``bad-header-length``."""
        return self.name.lower().replace("_", "-")


def blame(problems: U8, wrong: Mask, problem: Problem) -> None:
    """Write `problem` into the wrong rows that have none yet."""
    if np.count_nonzero(wrong):  # quicker than any(), and nearly always the end of it
        problems[wrong & (problems == Problem.OK)] = problem
