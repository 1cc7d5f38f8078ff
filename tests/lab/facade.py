"""One listener in the place of thousands: ``python facade.py MANNER PORT``.

`silent` takes connections, keeps them and never reads; `closing` hangs up at once; `answering` says the same to all.
A connection that the peer ends is closed.
"""

import contextlib
import select
import socket
import sys

BANNER = b"421 service not available, try later\r\n"
BACKLOG = 4096


def main(manner: str, port: str) -> None:
    server = socket.create_server(
        ("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG
    )
    kept: dict[int, socket.socket] = {}
    watch = select.epoll()
    watch.register(server.fileno(), select.EPOLLIN)
    print("ready", flush=True)
    while True:
        for number, _ in watch.poll():
            with contextlib.suppress(OSError):
                if number in kept:
                    kept.pop(number).close()
                    continue
                caller = server.accept()[0]
                if manner == "closing":
                    caller.close()
                    continue
                kept[caller.fileno()] = caller
                watch.register(caller.fileno(), 0)  # its end alone
                if manner == "answering":
                    caller.send(BANNER)


if __name__ == "__main__":
    main(*sys.argv[1:])
