"""HTTP/2 as a client asks it, without I/O: a connection's beginning, and requests one after the other.

RFC 9113, sections 3.4 (preface), 4.1 (frames), 6.5 (settings), 8 (requests). Frames beyond the first, compressed
headers (RFC 7541) and flow control are the `h2` library's, which bounds what a peer can make of them. Unlike
HTTP/1.1, this version is spoken by few implementations, and well: nothing is lost by a library that insists on it.

A server's settings and their order tell implementations apart.

Limits: of a body `MOST_BODY` bytes are taken; trailers are dropped; nothing is pushed.
"""

import struct
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.identify.http.message import AGENT, MOST_BODY, Answer, header_text, unpacked_untrusted
from periplus.identify.model import Peer
from periplus.identify.talk import Afresh, Detail, Ended, Exactly, Say, Some, Want

if TYPE_CHECKING:
    from h2.connection import H2Connection
    from h2.events import Event

__all__ = [
    "ALPN",
    "MOST_SETTINGS",
    "NAMES",
    "PARTING",
    "PREFACE",
    "Client",
    "first_settings",
    "settings_untrusted",
]

ALPN = "h2"  # RFC 7301's name of it
EMPTY_SETTINGS = b"\0\0\0\4\0\0\0\0\0"
ACKNOWLEDGED = b"\0\0\0\4\1\0\0\0\0"
GO_AWAY = b"\0\0\x08\7\0\0\0\0\0" + bytes(8)  # no error
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + EMPTY_SETTINGS
PARTING = ACKNOWLEDGED + GO_AWAY
MOST_SETTINGS = 32
NAMES = {
    1: "header_table_size", 2: "enable_push", 3: "max_concurrent_streams", 4: "initial_window_size",
    5: "max_frame_size", 6: "max_header_list_size", 8: "enable_connect_protocol",
}  # fmt: skip
Headers = Sequence[tuple[bytes, bytes]]


def first_settings() -> Generator[Want, bytes, tuple[bytes, dict[str, Detail]]]:
    """Take the frame with which a server begins; return it, and what it sets. Raises BadReply."""
    head = yield Exactly(9)
    length = int.from_bytes(head[:3], "big")
    if head[3:] != b"\4\0\0\0\0\0" or length % 6 or length > 6 * MOST_SETTINGS:
        raise BadReply("no SETTINGS frame")
    payload = (yield Exactly(length)) if length else b""
    return head + payload, settings_untrusted(payload)


def settings_untrusted(payload: bytes) -> dict[str, Detail]:
    """Return the settings by name, and all as one text in their order; raises BadReply."""
    if len(payload) % 6:
        raise BadReply("SETTINGS is cut short")
    pairs = [(key, value) for key, value in struct.iter_unpack("!HI", payload)]
    named: dict[str, Detail] = {NAMES[key]: value for key, value in pairs if key in NAMES}
    return {"settings": named, "order": ";".join(f"{key}:{value}" for key, value in pairs)}


class Client:
    """Asks over one connection as long as it lasts, then over a new one."""

    def __init__(self) -> None:
        self._connection = _connection()
        self._over = False

    def begins(self) -> bytes:
        """Return what a connection begins with."""
        self._connection.initiate_connection()
        return self._connection.data_to_send()

    def take_untrusted(self, data: bytes) -> "list[Event]":
        """Take what the server sent; raises BadReply."""
        from h2.exceptions import H2Error

        try:
            return self._connection.receive_data(data)
        except (H2Error, ValueError) as error:
            self._over = True
            raise BadReply(f"HTTP/2: {error}") from None

    def ask(
        self, peer: Peer, target: str = "/", method: str = "GET", before: Answer | None = None
    ) -> Generator[Want, bytes, Answer]:
        """Ask (an `Ask`)."""
        if self._over or (before is not None and not before.reusable):
            yield Afresh()
            self._connection, self._over = _connection(), False
            yield Say(self.begins())
        stream = self._connection.get_next_available_stream_id()
        self._connection.send_headers(
            stream,
            [
                (":method", method),
                (":scheme", "https" if peer.tls else "http"),
                (":authority", peer.authority),
                (":path", target),
                ("user-agent", AGENT),
                ("accept", "*/*"),
            ],
            end_stream=True,
        )
        return (yield from self._answer(stream))

    def _answer(self, stream: int) -> Generator[Want, bytes, Answer]:
        reading = _Reading(stream)
        while not reading.done:
            if said := self._connection.data_to_send():
                yield Say(said)
            try:
                events = self.take_untrusted((yield Some()))
            except Ended:
                self._over = True
                if reading.headers is None:
                    raise
                break
            for event in events:
                self._over |= reading.take(event, self._connection)
        self._over |= not reading.whole
        if said := self._connection.data_to_send():
            yield Say(said)
        return _answer_untrusted(reading.headers or (), reading.body[:MOST_BODY], not self._over)


class _Reading:
    """What has come of an answer."""

    def __init__(self, stream: int) -> None:
        self.headers: Headers | None = None
        self.body = b""
        self.whole = False
        self._stream = stream

    @property
    def done(self) -> bool:
        return self.whole or len(self.body) >= MOST_BODY

    def take(self, event: "Event", connection: "H2Connection") -> bool:
        """Take what happened; return whether the connection is over. Raises BadReply when no answer will come."""
        from h2 import events

        if isinstance(event, events.ConnectionTerminated):
            if self.headers is None and (event.last_stream_id or 0) < self._stream:
                raise BadReply("HTTP/2: the server ends the connection")
            return True
        if getattr(event, "stream_id", None) != self._stream:
            return False
        if isinstance(event, events.ResponseReceived):
            self.headers = event.headers
        elif isinstance(event, events.DataReceived):
            self.body += event.data
            connection.acknowledge_received_data(event.flow_controlled_length, self._stream)
        elif isinstance(event, events.StreamReset) and self.headers is None:
            raise BadReply("HTTP/2: the server resets the stream")
        self.whole |= isinstance(event, events.StreamEnded | events.StreamReset)
        return False


def _connection() -> "H2Connection":
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.settings import SettingCodes, Settings

    lenient = H2Configuration(
        header_encoding=None, validate_inbound_headers=False, normalize_inbound_headers=False
    )
    connection = H2Connection(lenient)
    wanted = {SettingCodes.ENABLE_PUSH: 0, SettingCodes.MAX_HEADER_LIST_SIZE: MOST_BODY}
    connection.local_settings = Settings(client=True, initial_values=wanted)
    return connection


def _answer_untrusted(headers: Headers, body: bytes, reusable: bool) -> Answer:
    """Return an answer; raises BadReply where it has no status."""
    plain = tuple((header_text(name), header_text(value)) for name, value in headers)
    status = next((value for name, value in plain if name == ":status"), "")
    if len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise BadReply("HTTP/2: an answer without a status")
    rest = tuple((name, value) for name, value in plain if not name.startswith(":"))
    bare = Answer("2", int(status), headers=rest, reusable=reusable)
    return Answer(
        "2", bare.status, "", rest, unpacked_untrusted(body, bare.get("content-encoding").lower()), reusable
    )
