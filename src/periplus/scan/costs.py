"""What questions cost on a lane: how many frames they become and how many bytes these have.

Nothing is estimated: the makers of the scan itself make the frames, in the shape that was chosen (ballast,
fragments, UDP's payloads), and they are counted and thrown away. The address does not matter, so each port is made
once, however many hosts are asked; ports are made in portions, so that memory stays small.

Bytes are those that are handed to the interface: with the link's header, without preamble, padding of short frames
and check sequence. Of a connect the system makes the frames; its first one is counted, as Linux sends it: a SYN with
20 bytes of options (maximum segment size, selective acknowledgement, timestamps, window scale).
"""

import numpy as np

from periplus.columns import U16
from periplus.scan.menu import Menu
from periplus.space.address import Addresses
from periplus.wire.fragment import maker_for
from periplus.wire.headers import IP4_LENGTH, IP6_LENGTH, TCP_LENGTH
from periplus.wire.lane import Lane
from periplus.wire.neighbour import ARP_WIDTH, SOLICITATION_WIDTH
from periplus.wire.question import Maker, Probe, Questions
from periplus.wire.shape import Shape

__all__ = ["Costs", "Price", "link_price"]

PORTION = 1024
SYN_OPTIONS = 20

Price = tuple[int, int]  # frames, bytes


class Costs:
    """Prices of a menu's questions in one shape; what was asked for once is remembered."""

    def __init__(self, menu: Menu, shape: Shape) -> None:
        self._menu = menu
        self._shape = shape
        self._known: dict[tuple[Lane, bytes], Price] = {}

    def of(self, lane: Lane, numbers: U16) -> Price:
        """What one host is charged for all questions that have these numbers."""
        key = (lane, numbers.tobytes())
        if key not in self._known:
            which, ports = self._menu.asked(numbers)
            prices = [
                self.of_probe(technique.probe, lane, ports[which == row], self._shape)
                for row, technique in enumerate(self._menu.techniques)
            ]
            self._known[key] = sum(frames for frames, _ in prices), sum(octets for _, octets in prices)
        return self._known[key]

    @staticmethod
    def of_probe(probe: Probe | None, lane: Lane, ports: U16, shape: Shape) -> Price:
        """The price of probes to these ports; without a probe the system connects."""
        if probe is None:
            network = IP4_LENGTH if lane.is_v4 else IP6_LENGTH
            return len(ports), len(ports) * (lane.header + network + TCP_LENGTH + SYN_OPTIONS)
        if not len(ports):
            return 0, 0
        maker = maker_for(probe, lane, shape)
        made = [_made(maker, lane, ports[at : at + PORTION]) for at in range(0, len(ports), PORTION)]
        return sum(frames for frames, _ in made), sum(octets for _, octets in made)


def _made(maker: Maker, lane: Lane, ports: U16) -> Price:
    n = len(ports)
    them = Addresses.of_ints([lane.ip_me])[np.zeros(n, np.int64)]
    none = np.zeros(n, np.uint16)
    questions = Questions(them, ports, none, np.zeros(n, np.uint32), none, np.zeros((n, 6), np.uint8))
    frames = [frames for frames, _ in maker.make(questions)]
    return sum(map(len, frames)), sum(each.size for each in frames)


def link_price(lane: Lane) -> Price:
    """The price of asking an Ethernet for one hardware address, once."""
    return 1, ARP_WIDTH if lane.is_v4 else SOLICITATION_WIDTH
