"""Which of a host's open ports look like a crowd that one thing in front of it answers for, and which hosts have one.

A SYN proxy, a tarpit, an antivirus or a load balancer takes every connection before anybody knows whether there is a
service for it. Izhikevich et al. (LZR, USENIX Security 2021) found such middleboxes behind much of what handshakes
call open. What gives them away at the level of handshakes is number: ports open by a handshake, and alike.

The thresholds, and why:

- A crowd has at least `FEWEST` ports: a usual server has a handful, a busy one (a domain controller, a mail and web
  server) seldom 20. Below that a list is short enough to be read.
- It is at least `SHARE` of what was asked. Three open ports of three asked are few; 60,000 of 65,535 are not.
- Ports are alike when their answers had the same TTL. One thing behind several ways may show a few TTLs, so each that
  `FEWEST` ports share counts; a rarer one is another machine's, and its ports stay out of the crowd.
- While a host is being asked, `RUNNING_SHARE` of what was asked so far is enough: of a host that takes everything, a
  part of the questions is always still on its way.

Limits: this is suspicion only. Whether nothing is behind the ports is learned by asking them with data, and whether
unused ports are taken as well. Half a crowd (a firewall that answers for a third of the ports) is not suspected.
"""

import numpy as np

from periplus.columns import I32, I64, U8, Mask
from periplus.technique.verdict import Reason, State

__all__ = ["FEWEST", "RUNNING_SHARE", "SHARE", "crowd", "growing", "is_suspicious"]

FEWEST = 20
SHARE = 0.5
RUNNING_SHARE = 0.25
TTLS = 256


def crowd(state: U8, reason: U8, ttl: U8) -> Mask:
    """Which ports are open by a handshake, with a TTL that enough of these share."""
    accepting: Mask = state == State.OPEN
    accepting &= (reason == Reason.SYN_ACK) | (reason == Reason.SPLIT_HANDSHAKE_SYN)
    alike = np.bincount(ttl[accepting], minlength=TTLS) >= FEWEST
    return accepting & alike[ttl]


def is_suspicious(crowded: int, asked: int) -> bool:
    """Whether so many ports of a crowd among so many asked are more than a host is likely to have."""
    return crowded >= FEWEST and crowded >= SHARE * asked


def growing(opened: I32, asked: I32 | I64) -> Mask:
    """Which hosts that are still being asked begin to look suspicious: ports open, and ports asked, of each."""
    many: Mask = (opened >= FEWEST) & (opened >= RUNNING_SHARE * asked)
    return many
