"""Listens on many ports at once and hangs up on every caller: ``python listener.py PORT...``."""

import contextlib
import selectors
import socket
import sys


def main(*ports: str) -> None:
    selector = selectors.DefaultSelector()
    for port in ports:
        server = socket.create_server(
            ("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512
        )
        selector.register(server, selectors.EVENT_READ, server)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            with contextlib.suppress(ConnectionError):  # a SYN scanner resets before we get there
                key.data.accept()[0].close()


if __name__ == "__main__":
    main(*sys.argv[1:])
