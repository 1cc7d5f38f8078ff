"""What an ICMP error says of a port, shared by every TCP technique.

Unreachables (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1) mean that
something on the path refused to pass the probe on or to let it in: filtered, whoever sent them. The reason keeps
the code apart and the row the sender (a router's answer is evidence of a firewall or a hole in the routes, the
target's of its own packet filter).

"Fragmentation needed" and "packet too big" cannot be caused by a probe of 44 or 64 bytes; they stay unexpected.
"""

from periplus.technique.model import Check, Icmp, Row
from periplus.technique.verdict import Reason, State

__all__ = ["UNREACHABLE"]

_V4 = {
    0: Reason.NET_UNREACH,
    1: Reason.HOST_UNREACH,
    2: Reason.PROTO_UNREACH,
    3: Reason.PORT_UNREACH,
    5: Reason.DEST_UNREACH,  # source route failed
    6: Reason.NET_UNREACH,  # destination network unknown
    7: Reason.HOST_UNREACH,  # destination host unknown
    8: Reason.DEST_UNREACH,  # source host isolated
    9: Reason.NET_PROHIBITED,
    10: Reason.HOST_PROHIBITED,
    11: Reason.NET_UNREACH,  # for this type of service
    12: Reason.HOST_UNREACH,  # for this type of service
    13: Reason.ADMIN_PROHIBITED,
    14: Reason.DEST_UNREACH,  # host precedence violation
    15: Reason.DEST_UNREACH,  # precedence cut-off in effect
}
_V6 = {
    0: Reason.NO_ROUTE,
    1: Reason.ADMIN_PROHIBITED,
    2: Reason.BEYOND_SCOPE,
    3: Reason.HOST_UNREACH,  # address unreachable
    4: Reason.PORT_UNREACH,
    5: Reason.ADMIN_PROHIBITED,  # source address failed the policy
    6: Reason.REJECT_ROUTE,
}
_SENDERS = ("target", "router")


def _filtered(family: int, kind: int, codes: tuple[int, ...] | None, sender: str, reason: Reason) -> Row:
    return Row(Icmp(family, kind, codes, sender), State.FILTERED, reason, Check.QUOTE)


UNREACHABLE: tuple[Row, ...] = (
    *(_filtered(4, 3, (code,), sender, reason) for code, reason in _V4.items() for sender in _SENDERS),
    *(_filtered(6, 1, (code,), sender, reason) for code, reason in _V6.items() for sender in _SENDERS),
    _filtered(4, 11, None, "any", Reason.TIME_EXCEEDED),
    _filtered(6, 3, None, "any", Reason.TIME_EXCEEDED),
    _filtered(4, 12, None, "any", Reason.PARAM_PROBLEM),
    _filtered(6, 4, None, "any", Reason.PARAM_PROBLEM),
)
