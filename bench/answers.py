"""The responder without help from the kernel: ``python bench/answers.py LINK OPEN_BELOW CLOSED_BELOW LOSS``.

Where there is no clang, this answers in the stead of `bench/responder.c`, by the same hash and with the same frames:
batches from a packet socket, as columns. The kernel of the host stays silent, as the swept network is not its own.

Limits: what `responder.c` cannot do neither, and some 100,000 answers a second. Prints "ready" once it listens.
"""

import socket
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.truth import NETWORK, Manner, mixed

from periplus.columns import U8, U16, U32, Mask
from periplus.transport.syscalls import BATCH, Inbox, Outbox, Readable

ETH_P_IP = 0x0800
FRAME = 54
ECHO_FRAME = 1024  # longer requests are cut, so not answered
ECHO, TCP, ICMP = 8, 6, 1
SYN, RST, ACK = 0x02, 0x04, 0x10
SYN_ACK, RST_ACK = SYN | ACK, RST | ACK
BUFFER = 64 << 20
SO_RCVBUFFORCE = 33
SECOND_US = 1_000_000


def words(frames: U8) -> NDArray[np.uint64]:
    """The 16-bit words of each row."""
    return np.ascontiguousarray(frames).view(">u2").astype(np.uint64)


def checksum(frames: U8) -> U16:
    """RFC 1071, row by row."""
    total = words(frames).sum(axis=1)
    for _ in range(3):
        total = (total >> np.uint64(16)) + (total & np.uint64(0xFFFF))
    folded: U16 = ~total.astype(np.uint16)
    return folded


def put(frames: U8, at: int, column: U16 | U32) -> None:
    """Write a column, big-endian."""
    width = column.dtype.itemsize
    frames[:, at : at + width] = (
        column.astype(column.dtype.newbyteorder(">")).view(np.uint8).reshape(-1, width)
    )


def taken(frames: U8, at: int, kind: str) -> NDArray[np.uint32]:
    """Read a column."""
    width = np.dtype(kind).itemsize
    return np.ascontiguousarray(frames[:, at : at + width]).view(kind).ravel().astype(np.uint32)


def for_us(frames: U8, lengths: NDArray[np.int32]) -> Mask:
    """IPv4 for the network, whole, without options."""
    plain = (frames[:, 14] == 0x45) & (taken(frames, 20, ">u2") & np.uint32(0x3FFF) == 0)
    ours = (taken(frames, 12, ">u2") == ETH_P_IP) & (taken(frames, 30, ">u2") == NETWORK)
    mine: Mask = plain & ours & (lengths >= 42)
    return mine


def turned_back(frames: U8) -> U8:
    """The frames with both ends exchanged."""
    turned = frames.copy()
    turned[:, 0:6], turned[:, 6:12] = frames[:, 6:12], frames[:, 0:6]
    turned[:, 26:30], turned[:, 30:34] = frames[:, 30:34], frames[:, 26:30]
    turned[:, 22] = 64
    turned[:, 24:26] = 0
    put(turned, 24, checksum(turned[:, 14:34]))
    return turned


def handshakes(frames: U8, lengths: NDArray[np.int32], manner: Manner) -> U8:
    """The answers to the SYNs among frames that are for us: U8[n, 54]."""
    is_syn = frames[:, 47] & (SYN | RST | ACK) == SYN
    asked = frames[(frames[:, 23] == TCP) & is_syn & (lengths >= FRAME), :FRAME]
    port_them = taken(asked, 36, ">u2").astype(np.uint16)
    mix = mixed(taken(asked, 30, ">u4"), port_them)
    here = mix >> np.uint32(16) < np.uint32(manner.closed_below)
    asked, mix = asked[here], mix[here]
    opened = mix >> np.uint32(16) < np.uint32(manner.open_below)
    made = asked.copy()
    made[:, 15] = 0
    made[:, 16:22] = (0, 40, 0, 0, 0x40, 0)
    made[:, 34:36], made[:, 36:38] = asked[:, 36:38], asked[:, 34:36]
    put(made, 42, taken(asked, 38, ">u4") + np.uint32(1))
    put(made, 38, np.where(opened, mix, np.uint32(0)))
    made[:, 46] = 5 << 4
    made[:, 47] = np.where(opened, SYN_ACK, RST_ACK)
    put(made, 48, np.where(opened, 64240, 0).astype(np.uint16))
    made[:, 50:54] = 0
    made = turned_back(made)
    pseudo = np.tile(np.array([0, TCP, 0, 20], np.uint8), (len(made), 1))
    put(made, 50, checksum(np.hstack([made[:, 26:34], pseudo, made[:, 34:54]])))
    return made


def echoes(frames: U8, lengths: NDArray[np.int32], manner: Manner) -> list[U8]:
    """The answers to the echo requests among frames that are for us, by length: U8[n, length]."""
    asked = (frames[:, 23] == ICMP) & (frames[:, 34] == ECHO) & (lengths < ECHO_FRAME)
    mix = mixed(taken(frames, 30, ">u4"), np.zeros(len(frames), np.uint16))
    asked &= mix >> np.uint32(16) < np.uint32(manner.closed_below)
    made = []
    for length in np.unique(lengths[asked]):
        some = turned_back(frames[asked & (lengths == length), :length])
        old = taken(some, 36, ">u2") ^ np.uint32(0xFFFF)
        total = old + np.uint32(0xFFFF ^ ECHO << 8)  # RFC 1624: the first word falls by 0x0800
        put(some, 36, ~((total >> np.uint32(16)) + total).astype(np.uint16))
        some[:, 34] = 0
        made.append(some)
    return made


def answers(frames: U8, lengths: NDArray[np.int32], manner: Manner) -> list[U8]:
    """What goes back for a batch, before loss; each part has frames of one length."""
    mine = for_us(frames, lengths)
    frames, lengths = frames[mine], lengths[mine]
    return [handshakes(frames, lengths, manner), *echoes(frames, lengths, manner)]


def serve(sock: socket.socket, manner: Manner) -> None:
    """Answer for ever."""
    inbox, outbox, draw = Inbox(BATCH, ECHO_FRAME), Outbox(), np.random.default_rng(1)
    readable = Readable(sock.fileno())
    while True:
        readable.wait(SECOND_US)
        count = inbox.receive(sock.fileno(), BATCH)
        for part in answers(inbox.data[:count], inbox.lengths(count), manner):
            kept = draw.random(len(part)) < (1 - manner.loss / 65536) ** 2  # there and back
            send(sock, outbox, part[kept])
        inbox.clear(count)


def send(sock: socket.socket, outbox: Outbox, frames: U8) -> None:
    """All of them; a full queue is waited for."""
    while len(frames):
        try:
            frames = frames[outbox.send(sock.fileno(), frames) :]
        except BlockingIOError:
            continue


def main(link: str, open_below: str, closed_below: str, loss: str) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        sock.bind((link, ETH_P_IP))
        print("ready", flush=True)
        serve(sock, Manner(int(open_below), int(closed_below), int(loss)))


if __name__ == "__main__":
    main(*sys.argv[1:])
