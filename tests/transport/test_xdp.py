"""The way out by AF_XDP over a kernel that is played: nothing is lost, sent twice or out of order."""

import errno
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.scan.runs import ETH4, LO4
from tests.transport.xdp_kernel import DOWN, DROP, FINE, FULL, Kernel

from periplus.columns import U8
from periplus.errors import CannotScan
from periplus.transport.rings import MOST, TRAY
from periplus.transport.xdp import XdpExpress, XdpOutlet, express_for

if TYPE_CHECKING:
    from periplus.transport.xdpsocket import XdpSocket

PASSING = (errno.EAGAIN, errno.ENOBUFS, errno.ENETDOWN)
TROUBLE = st.lists(st.sampled_from([FINE] * 12 + [DROP, FULL]), max_size=120)
BATCHES = st.lists(st.tuples(st.integers(1, 60), st.sampled_from([42, 58, 130, 1500])), max_size=8)


def frames(count: int, width: int, first: int = 0) -> U8:
    """Frames that are all different."""
    made = np.zeros((count, width), np.uint8)
    made[:, :4] = np.arange(first, first + count, dtype=">u4").view(np.uint8).reshape(count, 4)
    return made


def sent_all(outlet: XdpOutlet, kernel: Kernel, batch: U8) -> None:
    """Offer, and offer the rest again, as a sender does; whatever is told to have left has left, and no more."""
    before = len(kernel.sent)
    at = 0
    for _ in range(1000):
        if at == len(batch):
            return
        try:
            at += outlet.send(batch[at:])
        except OSError as error:
            if error.errno not in PASSING:
                raise
            kernel.settle()
        if not kernel.zerocopy:
            assert len(kernel.sent) == before + at
    raise AssertionError("no progress")


def all_sent(outlet: XdpOutlet, kernel: Kernel, batches: list[tuple[int, int]]) -> list[bytes]:
    """Send batches of so many frames, so wide each, and return the frames."""
    made = [frames(count, width, 1000 * number) for number, (count, width) in enumerate(batches)]
    for batch in made:
        sent_all(outlet, kernel, batch)
    return [row.tobytes() for batch in made for row in batch]


def all_is_back(kernel: Kernel) -> bool:
    """Whether no place is held once the kernel has given all back."""
    kernel.settle()
    for _ in range(2):
        kernel.trays.back(kernel.done.take())
    return kernel.trays.out == 0


@given(
    batches=BATCHES,
    fate=TROUBLE,
    budget=st.sampled_from([16, 64]),
    told=st.booleans(),
    patient=st.booleans(),
    returns=st.booleans(),
    lag=st.sampled_from([0, 5, 200]),
    start=st.sampled_from([0, 5, (1 << 32) - 70]),
)
@example([(9, 58)], [DROP], 16, False, True, False, 0, 0)
@example([(5, 58)], [DROP], 16, True, True, True, 0, 0)
@example([(40, 58)], [FINE, FULL, FINE, DROP], 16, False, False, True, 0, 0)
def test_every_frame_leaves_once_and_in_order(
    batches: list[tuple[int, int]],
    fate: list[str],
    budget: int,
    told: bool,
    patient: bool,
    returns: bool,
    lag: int,
    start: int,
) -> None:
    kernel = Kernel(fate, 3, 64, budget, told, patient, returns, lag, start)
    outlet = XdpOutlet(kernel, 1500)
    wanted = all_sent(outlet, kernel, batches)
    assert kernel.sent == wanted
    assert all_is_back(kernel)
    with pytest.raises(OSError, match="Message too long"):
        outlet.send(frames(1, 1515))


@given(batches=BATCHES, fate=st.lists(st.sampled_from([FINE] * 12 + [DROP, FULL, DOWN]), max_size=120))
def test_a_device_that_goes_down_between(batches: list[tuple[int, int]], fate: list[str]) -> None:
    kernel = Kernel(fate, size=64, returns=True)
    outlet = XdpOutlet(kernel, 1500)
    wanted = all_sent(outlet, kernel, batches)
    assert kernel.sent == wanted
    assert all_is_back(kernel)


@given(batches=BATCHES, fate=TROUBLE, lag=st.sampled_from([0, 5, 200]))
def test_without_copying_nothing_is_overwritten_before_it_has_left(
    batches: list[tuple[int, int]], fate: list[str], lag: int
) -> None:
    kernel = Kernel(fate, zerocopy=True, lag=lag)
    outlet = XdpOutlet(kernel, 1500)
    wanted = all_sent(outlet, kernel, batches)
    for _ in range(len(fate) + 1):
        kernel.kick()
    assert kernel.sent == wanted
    assert all_is_back(kernel)


def test_a_kernel_that_does_not_tell_before_its_device_goes_down() -> None:
    """It has sent two frames and cannot tell: they are sent again, and all places come back all the same."""
    kernel = Kernel([FINE, FINE, DOWN], size=MOST, budget=MOST, told=False, lag=2)
    outlet = XdpOutlet(kernel, 1500)
    batch = frames(9, 58)
    with pytest.raises(OSError, match="No buffer space"):
        outlet.send(batch)
    assert outlet.send(batch) == 9
    assert [row[3] for row in kernel.sent] == [0, 1, *range(9)]
    assert all_is_back(kernel)


def test_a_batch_costs_one_call() -> None:
    kernel = Kernel(size=MOST, budget=MOST)
    outlet = XdpOutlet(kernel, 1500)
    for number in range(20):
        assert outlet.send(frames(MOST, 58, number * MOST)) == MOST
    assert kernel.calls == 20


def test_an_old_kernel_is_called_more_often() -> None:
    kernel = Kernel(size=MOST, budget=16, told=False)
    assert XdpOutlet(kernel, 1500).send(frames(160, 58)) == 160
    assert kernel.calls == 10


def test_after_trouble_less_is_shown_at_once() -> None:
    kernel = Kernel([DROP, *[FINE] * 100, DROP], size=MOST, budget=MOST)
    outlet = XdpOutlet(kernel, 1500)
    with pytest.raises(OSError, match="No buffer space") as caught:
        outlet.send(frames(1000, 58))
    assert caught.value.errno == errno.ENOBUFS
    calls = kernel.calls
    assert outlet.send(frames(1000, 58)) == 100
    assert kernel.calls - calls < 64 + 128, "one a frame that was shown and did not leave"


def test_trouble_keeps_its_number() -> None:
    outlet = XdpOutlet(Kernel([DOWN], size=MOST), 1500)
    with pytest.raises(OSError, match="No buffer space"):
        outlet.send(frames(3, 58))
    kernel = Kernel([DOWN, DOWN, FINE], zerocopy=True)
    outlet = XdpOutlet(kernel, 1500)
    assert outlet.send(frames(16, 58)) == 16, "they are in the ring"
    assert kernel.sent == []
    with pytest.raises(OSError, match="Network is down"):
        outlet.send(frames(1, 58))
    with pytest.raises(BlockingIOError):
        outlet.send(frames(1, 58))
    assert outlet.send(frames(1, 58)) == 1
    assert len(kernel.sent) == 17


def test_memory_that_never_comes_back_is_a_full_queue() -> None:
    kernel = Kernel(trays_count=1, size=MOST, budget=MOST, lag=1 << 20)
    outlet = XdpOutlet(kernel, 1500)
    assert outlet.send(frames(TRAY // 2048 + 1, 1500)) == TRAY // 2048
    with pytest.raises(BlockingIOError):
        outlet.send(frames(1, 1500))
    kernel.settle()
    assert outlet.send(frames(1, 1500)) == 1


def test_what_is_closed_sends_nothing() -> None:
    kernel = Kernel()
    outlet = XdpOutlet(kernel, 1500)
    outlet.close()
    outlet.close()
    assert kernel.closed
    with pytest.raises(OSError, match="No such device"):
        outlet.send(frames(1, 58))


class Opener:
    """Opens what is played, or raises; notes what was opened."""

    def __init__(self, error: int = 0) -> None:
        self.opened: list[tuple[int, int]] = []
        self.kernels: list[Kernel] = []
        self._error = error

    def __call__(self, ifindex: int, mtu: int) -> "XdpSocket":
        self.opened.append((ifindex, mtu))
        if self._error:
            raise OSError(self._error, "no")
        kernel = Kernel()
        vars(kernel)["mode"] = "copy mode"
        self.kernels.append(kernel)
        return cast("XdpSocket", kernel)


def test_one_socket_an_interface_and_it_is_told() -> None:
    opener, lines = Opener(), list[str]()
    express = XdpExpress(lines.append, opener=opener)
    outlet = express.outlet(ETH4)
    assert outlet is not None
    assert express.outlet(ETH4) is outlet
    assert express.outlet(LO4) is None
    assert opener.opened == [(ETH4.ifindex, ETH4.mtu)]
    assert lines == [f"xdp: packets to {ETH4.ifname} go by AF_XDP (copy mode)"]
    express.close()
    express.close()
    assert opener.kernels[0].closed


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.EOPNOTSUPP, "Operation not supported"),
        (errno.EAFNOSUPPORT, "this kernel has no AF_XDP"),
        (errno.ENOBUFS, "too little memory may be locked, see ulimit -l"),
        (errno.EPERM, "Operation not permitted"),
    ],
)
def test_a_refusal_is_told_once_and_why(error: int, words: str) -> None:
    opener, lines = Opener(error), list[str]()
    express = XdpExpress(lines.append, opener=opener)
    assert express.outlet(ETH4) is None
    assert express.outlet(ETH4) is None
    assert len(opener.opened) == 1
    assert lines == [f"xdp: {ETH4.ifname} refuses it ({words}); packets go by AF_PACKET"]
    with pytest.raises(CannotScan, match=rf"refuses it \({words}\); leave out --transport xdp"):
        XdpExpress(lines.append, must=True, opener=opener).outlet(ETH4)


def test_by_name_it_needs_an_ethernet_interface() -> None:
    lines: list[str] = []
    with pytest.raises(
        CannotScan, match="xdp: lo carries no Ethernet frames of ours; leave out --transport xdp"
    ):
        express_for([LO4], lines.append, must=True)
    express_for([LO4], lines.append, must=False).close()
    express_for([LO4, ETH4], lines.append, must=True).close()
    assert not lines
