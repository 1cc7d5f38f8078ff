"""What UDP probes say to each port, with the care that some equipment needs.

Printers print whatever reaches their raw ports, so these get no payload ever. Ports of other fragile equipment
(`space.fragile`) get one only when the user named them one by one, and so do ports of payloads that are careful.
"""

from collections.abc import Collection

from periplus.payload.catalogue import by_port
from periplus.space.fragile import PRINTERS, spared
from periplus.wire.udp import UdpProbe

__all__ = ["udp_probe"]


def udp_probe(named_ports: Collection[int]) -> UdpProbe:
    """Return the probe with the messages for each port that has any.

    `named_ports`: those that the user named one by one.
    """
    payloads = by_port(careful=False)
    careful = by_port(careful=True)
    payloads.update({port: careful[port] for port in named_ports if port in careful})
    silent = spared(named_ports).union(PRINTERS)
    said = {port: each for port, each in payloads.items() if port not in silent}
    heads = {
        port: tuple(dict.fromkeys(head for p in each for head in p.elsewhere)) for port, each in said.items()
    }
    return UdpProbe(
        {port: tuple(payload.data for payload in each) for port, each in said.items()},
        {port: some for port, some in heads.items() if some},
    )
