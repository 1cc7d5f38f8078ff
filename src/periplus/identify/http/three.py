"""HTTP/3 as a client asks it over a QUIC connection: one stream a request, and what the server sets.

RFC 9114, sections 4 (requests), 6.2 (control stream), 7 (frames); RFC 9204 for headers, which pylsqpack packs and
unpacks. aioquic's own HTTP/3 is not used: it lets a server name headers of 4 kB that two bytes then repeat, without
bound, and ends the connection over slips that a browser forgives. Here no such table is allowed, and the frames, of
which three kinds count, are read from what came on a stream.

Limits: of a body `MOST_BODY` bytes are taken; trailers and pushes are dropped.
"""

from collections.abc import Callable, Generator, Iterator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.http.message import AGENT, MOST_BODY, Answer, header_text, unpacked_untrusted
from periplus.identify.model import Peer
from periplus.identify.quic.client import Quic, Stream
from periplus.identify.quic.varint import varint, varint_untrusted
from periplus.identify.talk import Detail, Want

__all__ = ["ALPN", "NO_ERROR", "answer_untrusted", "asker", "begin", "frames_untrusted", "settings_untrusted"]

ALPN = "h3"
NO_ERROR, CANCELLED = 0x100, 0x10C
DATA, HEADERS, SETTINGS = 0, 1, 4
CONTROL = 0  # kind of a stream in one direction
MAX_FIELD_SECTION_SIZE = 6
MOST_HEADERS = 16_384
MOST_ANSWER = MOST_BODY + 2 * MOST_HEADERS
MOST_SETTINGS = 32
NAMES = {
    1: "qpack_max_table_capacity", 6: "max_field_section_size", 7: "qpack_blocked_streams",
    8: "enable_connect_protocol", 0x33: "h3_datagram",
}  # fmt: skip
Pairs = list[tuple[bytes, bytes]]
AskThree = Callable[[Peer, str, str, Answer | None], Generator[Want, bytes, Answer]]


def begin(quic: Quic) -> None:
    """Open the stream in our direction with our settings."""
    ours = varint(MAX_FIELD_SECTION_SIZE) + varint(MOST_BODY)
    quic.tell(varint(CONTROL) + _frame(SETTINGS, ours))


def asker(quic: Quic) -> AskThree:
    """Return what asks over a connection (an `Ask`)."""

    def ask(
        peer: Peer, target: str = "/", method: str = "GET", before: Answer | None = None
    ) -> Generator[Want, bytes, Answer]:
        stream = yield from quic.exchange(_request(peer, target, method), _is_enough, CANCELLED)
        return answer_untrusted(bytes(stream.data))

    return ask


def _request(peer: Peer, target: str, method: str) -> bytes:
    from pylsqpack import Encoder

    headers = [
        (":method", method),
        (":scheme", "https"),
        (":authority", peer.authority),
        (":path", target),
        ("user-agent", AGENT),
        ("accept", "*/*"),
    ]
    # With no table that is agreed on, nothing is said but the headers themselves, whatever the stream's number.
    _, block = Encoder().encode(0, [(key.encode(), value.encode()) for key, value in headers])
    return _frame(HEADERS, block)


def _frame(kind: int, payload: bytes) -> bytes:
    return varint(kind) + varint(len(payload)) + payload


def _is_enough(stream: Stream) -> bool:
    return len(stream.data) >= MOST_ANSWER


def frames_untrusted(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the frames (kind, payload) on a stream, and of the last as much as there is where it is data."""
    cursor = Cursor(data)
    while cursor.left:
        try:
            kind, length = varint_untrusted(cursor), varint_untrusted(cursor)
        except BadReply:
            return
        if length <= cursor.left:
            yield kind, cursor.take(length)
        else:
            if kind == DATA:
                yield kind, cursor.rest()
            return


def answer_untrusted(data: bytes) -> Answer:
    """Read an answer, as far as it came; raises BadReply where there is none."""
    headers: Pairs = []
    body = bytearray()
    for kind, payload in frames_untrusted(data):
        if kind == DATA:
            body += payload
        elif kind == HEADERS and _status(headers) < 200:
            headers = _headers_untrusted(payload)
    status = _status(headers)
    if not status:
        raise BadReply("HTTP/3: no answer with a status")
    plain = tuple((header_text(name), header_text(value)) for name, value in headers if name[:1] != b":")
    coding = Answer("3", status, headers=plain).get("content-encoding").lower()
    whole = unpacked_untrusted(bytes(body[:MOST_BODY]), coding)
    return Answer("3", status, "", plain, whole, reusable=True)


def _headers_untrusted(block: bytes) -> Pairs:
    from pylsqpack import Decoder, DecompressionFailed, StreamBlocked

    if len(block) > MOST_HEADERS:
        raise BadReply("HTTP/3: too many headers")
    try:
        return Decoder(0, 0).feed_header(0, block)[1]
    except (DecompressionFailed, StreamBlocked, ValueError):
        raise BadReply("HTTP/3: headers that cannot be unpacked") from None


def _status(headers: Pairs) -> int:
    """Return the status; 0: there is none."""
    status = next((value for name, value in headers if name == b":status"), b"")
    return int(status) if len(status) == 3 and status.isdigit() else 0


def settings_untrusted(streams: list[bytes]) -> dict[str, Detail]:
    """Return what the server sets, by name, and all in its order; raises BadReply where it sets nothing."""
    for each in streams:
        cursor = Cursor(each)
        if cursor.left and varint_untrusted(cursor) == CONTROL:
            for kind, payload in frames_untrusted(cursor.rest()):
                if kind != SETTINGS:
                    break
                return _settings_untrusted(Cursor(payload))
    raise BadReply("HTTP/3: no settings")


def _settings_untrusted(cursor: Cursor) -> dict[str, Detail]:
    pairs: list[tuple[int, int]] = []
    while cursor.left and len(pairs) < MOST_SETTINGS:
        key, value = varint_untrusted(cursor), varint_untrusted(cursor)
        if (key - 0x21) % 0x1F:  # else it is reserved, section 7.2.4.1, and differs with every connection
            pairs.append((key, value))
    named: dict[str, Detail] = {NAMES[key]: value for key, value in pairs if key in NAMES}
    return {"settings": named, "order": ";".join(f"{key:x}:{value}" for key, value in pairs)}
