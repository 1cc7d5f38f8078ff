"""Runs one command and says what it cost: ``python -I -S meter.py PATIENCE OUT ERR COMMAND...``.

One line of JSON on stdout: seconds of wall clock from fork to end, exit status, peak of resident memory in MB.
It is a process of its own because the kernel counts a child's memory from the fork on (`ru_maxrss` starts at the
parent's size): forked from here, the floor is some 10 MB, whatever the size of the bench.
"""

import json
import os
import signal
import sys
import time


def main(patience: str, out: str, err: str, *command: str) -> None:
    begun = time.perf_counter()
    child = os.fork()
    if not child:
        for number, path in ((0, os.devnull), (1, out), (2, err)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644), number)
        os.execvp(command[0], command)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(int(patience))
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - begun
    cost = {
        "seconds": seconds,
        "status": os.waitstatus_to_exitcode(status),
        "peak_mb": usage.ru_maxrss / 1024,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
