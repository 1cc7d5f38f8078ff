"""Reads a limited link's counters many times a second: ``python bench/gauge.py LINK MILLISECONDS``, in a lab's host.

Prints "ready" and then a line a sample: monotonic nanoseconds, and how many frames the link's queueing discipline has
let out, has dropped, and has waiting. The three together are what was offered to it, to the frame. `bench/flow.py`
starts this and reads it. Ends when it is killed.
"""

import sys
import time

from pyroute2 import IPRoute


def main(link: str, milliseconds: str) -> None:
    every_s = float(milliseconds) / 1000
    with IPRoute() as netlink:
        [index] = netlink.link_lookup(ifname=link)
        print("ready", flush=True)
        due = time.monotonic()
        while True:
            [discipline] = netlink.get_qdiscs(index=index)
            at_ns, stats = time.monotonic_ns(), discipline.get_attr("TCA_STATS")
            print(at_ns, stats["packets"], stats["drop"], stats["qlen"], flush=True)
            due += every_s
            time.sleep(max(due - time.monotonic(), 0.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
