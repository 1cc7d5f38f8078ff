"""Something to ask with data in virtual time: what every port does is known beforehand."""

from collections.abc import Callable

from periplus.columns import U16
from periplus.space.address import Addresses
from periplus.transport.ask import Answer, Met

__all__ = ["Known"]

Does = Callable[[str, int], Met | bytes]


class Known:
    """Does as `transport.ask.Asks` does: `does` tells what a port of an address meets, after `delay_us`."""

    def __init__(self, does: Does, delay_us: int = 1_000, room: int = 1_000) -> None:
        self.asked: list[tuple[str, int]] = []
        self.times_us: list[int] = []
        self.patience_us: set[int] = set()
        self.most = 0
        self.closed = False
        self._does = does
        self._delay_us = delay_us
        self._room = room
        self._under_way: list[tuple[int, Answer]] = []

    def room(self) -> int:
        return self._room - len(self._under_way)

    def begin(
        self, tokens: list[int], them: Addresses, ports: U16, patience_us: int, now_us: Callable[[], int]
    ) -> int:
        assert len(tokens) <= self.room()
        self.patience_us.add(patience_us)
        for token, addr, port in zip(tokens, them.text(), ports.tolist(), strict=True):
            self.asked.append((addr, port))
            self.times_us.append(now_us())
            met = self._does(addr, port)
            answer = Answer(token, Met.SAID, met) if isinstance(met, bytes) else Answer(token, met)
            late_us = patience_us if answer.met in (Met.DEAF, Met.SILENT) else 0
            self._under_way.append((now_us() + self._delay_us + late_us, answer))
        self.most = max(self.most, len(self._under_way))
        return len(tokens)

    def poll(self, now_us: Callable[[], int]) -> list[Answer]:
        ended = [answer for at_us, answer in self._under_way if at_us <= now_us()]
        self._under_way = [each for each in self._under_way if each[0] > now_us()]
        return ended

    def close(self) -> None:
        self.closed = True
