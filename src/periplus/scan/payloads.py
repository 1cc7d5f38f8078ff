"""What UDP probes say to each port, with the care that some equipment needs.

Printers print whatever reaches their raw ports, so these get no payload ever. Payloads for fragile equipment go only
to ports that the user named one by one.
"""

from collections.abc import Collection

from periplus.payload.catalogue import by_port
from periplus.space.ports import PRINTERS
from periplus.wire.udp import UdpProbe

__all__ = ["udp_probe"]


def udp_probe(named_ports: Collection[int]) -> UdpProbe:
    """Return the probe with the messages for each port that has any.

    `named_ports`: those that the user named one by one.
    """
    payloads = by_port(careful=False)
    careful = by_port(careful=True)
    payloads.update({port: careful[port] for port in named_ports if port in careful})
    said = {port: each for port, each in payloads.items() if port not in PRINTERS}
    heads = {
        port: tuple(dict.fromkeys(head for p in each for head in p.elsewhere)) for port, each in said.items()
    }
    return UdpProbe(
        {port: tuple(payload.data for payload in each) for port, each in said.items()},
        {port: some for port, some in heads.items() if some},
    )
