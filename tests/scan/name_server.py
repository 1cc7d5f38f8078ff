"""A small name server on the loopback; no question of a test ever leaves the machine."""

import socket
import threading
from collections.abc import Collection, Mapping
from typing import Self

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], list[str]]  # name and kind of record: the data


class NameServer:
    """Knows `zone`, answers to `silent` names nothing and to `garbage` nonsense; keeps what it was asked."""

    def __init__(self, zone: Zone, silent: Collection[str] = (), garbage: Collection[str] = ()) -> None:
        self.asked: list[tuple[str, str]] = []
        self._zone, self._silent, self._garbage = zone, silent, garbage
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            question, sender = self._socket.recvfrom(4096)
            if not question:
                return
            reply = self._answer(question)
            if reply:
                self._socket.sendto(reply, sender)

    def _answer(self, question: bytes) -> bytes:
        message = dns.message.from_wire(question)
        name = message.question[0].name.to_text()
        kind = dns.rdatatype.to_text(message.question[0].rdtype)
        self.asked.append((name, kind))
        if name in self._silent or name in self._garbage:
            return b"" if name in self._silent else b"\xff" * 7
        reply = dns.message.make_response(message)
        if (name, kind) in self._zone:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *self._zone[name, kind]))
        elif name not in {known for known, _ in self._zone}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()
