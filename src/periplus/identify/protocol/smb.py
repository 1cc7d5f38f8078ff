"""SMB 1 to 3: dialects and signing, then the names and the build that an NTLM challenge gives away.

MS-SMB2 sections 2.2.1, 2.2.3, 2.2.4 (NEGOTIATE), 2.2.5, 2.2.6 (SESSION_SETUP); MS-SMB sections 2.2.4.5, 2.2.4.6
and MS-CIFS for version 1; RFC 1002 section 4.3 for sessions over NetBIOS. It ends with the challenge: nobody logs
in. Every older dialect is asked for over a connection of its own, and so is version 1, which shows what Samba calls
itself.

Identified by a response with SMB's mark.
"""

import struct
from collections.abc import Callable, Generator
from contextlib import suppress

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.ntlm import challenge_untrusted, wrapped
from periplus.identify.talk import Afresh, Detail, End, Ended, Known, Say, Talk, Told, Want
from periplus.payload.netbios import first_level

__all__ = ["PROTOCOLS", "native_untrusted", "negotiate_1_untrusted", "negotiate_2_untrusted"]

MARK_1, MARK_2 = b"\xffSMB", b"\xfeSMB"
MECHANISM = b"NTLMSSP\0"
NEGOTIATE, SESSION_SETUP = 0, 1
NEGOTIATE_1, SESSION_SETUP_1 = 0x72, 0x73
DIALECTS = {0x0202: "2.0.2", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
SIGNING, SIGNING_REQUIRED = 1, 2
SIGNING_1, SIGNING_1_REQUIRED = 4, 8
CAPABILITIES = {
    1: "dfs",
    2: "leasing",
    4: "large-mtu",
    8: "multi-channel",
    16: "persistent",
    64: "encryption",
}
UNICODE, NT_STATUS, EXTENDED, LONG_NAMES = 0x8000, 0x4000, 0x0800, 0x0001
EXTENDED_SECURITY = 0x80000000
TICKS, EPOCH_S = 10_000_000, 11_644_473_600
SESSION_REQUEST, SESSION_THERE, SESSION_REFUSED = 0x81, 0x82, 0x83
Opening = Callable[[], Generator[Want, bytes, None]]


def in_session(message: bytes) -> bytes:
    """Return a message behind its length."""
    return struct.pack("!I", len(message)) + message


def request_2(command: int, body: bytes) -> bytes:
    """Return a request of version 2 or 3."""
    head = MARK_2 + struct.pack("<HHIHHIIQII", 64, 0, 0, command, 1, 0, 0, command, 0xFEFF, 0)
    return in_session(head + bytes(24) + body)


def negotiate_2_alone(dialect: int) -> bytes:
    """Return NEGOTIATE with one dialect, older than 3.1.1."""
    head = struct.pack("<HHHHI", 36, 1, SIGNING, 0, 64)
    return request_2(NEGOTIATE, head + b"Periplus" * 2 + bytes(8) + struct.pack("<H", dialect))


def negotiate_2() -> bytes:
    """Return NEGOTIATE with all dialects, and the contexts that 3.1.1 wants."""
    dialects = b"".join(struct.pack("<H", each) for each in DIALECTS)
    salt = bytes(range(32))
    integrity = struct.pack("<HHIHHH", 1, 6 + len(salt), 0, 1, len(salt), 1) + salt
    ciphers = struct.pack("<HHIHHH", 2, 6, 0, 2, 2, 1)
    at = 64 + 36 + len(dialects)
    start = at + -at % 8
    body = (
        struct.pack("<HHHHI", 36, len(DIALECTS), SIGNING, 0, 64)
        + b"Periplus" * 2
        + struct.pack("<IHH", start, 2, 0)
    )
    contexts = integrity + bytes(-len(integrity) % 8) + ciphers
    return request_2(NEGOTIATE, body + dialects + bytes(start - at) + contexts)


def setup_2() -> bytes:
    """Return SESSION_SETUP with NTLM's first message."""
    token = wrapped()
    return request_2(SESSION_SETUP, struct.pack("<HBBIIHHQ", 25, 0, SIGNING, 0, 0, 88, len(token), 0) + token)


def request_1(command: int, words: bytes, data: bytes) -> bytes:
    """Return a request of version 1."""
    flags = UNICODE | NT_STATUS | EXTENDED | LONG_NAMES
    head = (
        MARK_1
        + struct.pack("<BIBH", command, 0, 0x18, flags)
        + bytes(12)
        + struct.pack("<HHHH", 0xFFFF, 1, 0, 1)
    )
    return in_session(head + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data)


def setup_1() -> bytes:
    """Return SESSION_SETUP_ANDX with NTLM's first message."""
    token = wrapped()
    capabilities = EXTENDED_SECURITY | 0x5C
    words = struct.pack("<BBHHHHIHII", 0xFF, 0, 0, 16_384, 1, 0, 0, len(token), 0, capabilities)
    return request_1(SESSION_SETUP_1, words, token + bytes(1 - len(token) % 2 + 4))


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of SMB."""
    return 0.97 if data[:1] == b"\0" and data[4:8] in (MARK_1, MARK_2) else 0.0


def _message() -> Generator[Want, bytes, bytes]:
    message = yield from framed(4, 1, 3)
    if not looks_untrusted(message):
        raise BadReply("no message of SMB")
    return message[4:]


def _talk(opening: Opening) -> Callable[[Peer], Talk]:
    """Return the talk behind an opening, which every new connection needs again."""

    def talk_untrusted(peer: Peer) -> Talk:
        yield from opening()
        dialect = None
        with suppress(Ended):  # a server that speaks version 1 alone closes
            dialect = yield from _version_2()
        yield from _older(opening, dialect)
        yield Afresh()
        yield from opening()
        yield from _version_1(dialect)

    return talk_untrusted


def _version_2() -> Generator[Want, bytes, str | None]:
    """Return the dialect, None where the server has only version 1."""
    yield Say(negotiate_2())
    answer = yield from _message()
    if answer.startswith(MARK_1):
        return None
    detail = negotiate_2_untrusted(answer)
    dialect = str(detail["dialect"])
    yield Known(0.99, f"SMB {dialect}")
    yield Told(detail=detail)
    yield Say(setup_2())
    answer = yield from _message()
    if MECHANISM in answer:
        said = challenge_untrusted(answer)
        texts = {"smb.ntlm": said.version} if said.version else {}
        yield Told(texts={**texts, **said.texts}, hostname=said.hostname, detail=said.detail)
    return dialect


def _older(opening: Opening, newest: str | None) -> Generator[Want, bytes, None]:
    """Ask for each older dialect alone, over a connection of its own: a server tells only the newest of several."""
    names = list(DIALECTS.values())
    accepted: list[Detail] = [newest] if newest in names else []
    if accepted:
        yield Told(detail={"dialects": [*accepted]})
    older = names[: names.index(str(newest))] if accepted else []
    for number, name in reversed(list(zip(DIALECTS, older, strict=False))):
        yield Afresh()
        yield from opening()
        yield Say(negotiate_2_alone(number))
        try:
            answer = negotiate_2_untrusted((yield from _message()))
        except BadReply as refused:
            if isinstance(refused, Ended) and refused.why is End.SILENT:
                return
            continue
        if answer["dialect"] == name:
            accepted = [name, *accepted]
            yield Told(detail={"dialects": [*accepted]})


def _version_1(dialect: str | None) -> Generator[Want, bytes, None]:
    yield Say(request_1(NEGOTIATE_1, b"", b"\2NT LM 0.12\0"))
    try:
        detail, extended = negotiate_1_untrusted((yield from _message()))
    except Ended:
        yield Told(detail={"smb1": False})
        return
    if detail["smb1"] and not dialect:
        yield Known(0.99, "SMB 1")
    yield Told(detail=detail)
    if not extended:
        return
    yield Say(setup_1())
    answer = yield from _message()
    system, manager = native_untrusted(answer)
    said = challenge_untrusted(answer)
    native = {"smb.native": f"{system}\n{manager}"} if system or manager else {}
    yield Told(
        texts={**native, **said.texts},
        hostname=said.hostname,
        detail={**said.detail, "native_os": system, "native_lan_manager": manager},
    )


def _time(ticks: int) -> int | None:
    return ticks // TICKS - EPOCH_S if ticks else None


def negotiate_2_untrusted(message: bytes) -> dict[str, Detail]:
    """Return dialect, signing and clock of a NEGOTIATE response; raises BadReply."""
    cursor = Cursor(message, 0, "little")
    if cursor.take(4) != MARK_2:
        raise BadReply("no response of version 2")
    cursor.take(8)
    if cursor.number(2) != NEGOTIATE:
        raise BadReply("no response to NEGOTIATE")
    cursor.take(50)
    if cursor.number(2) != 65:
        raise BadReply("NEGOTIATE was refused")
    mode, dialect = cursor.number(2), cursor.number(2)
    cursor.take(2)
    guid = cursor.take(16)
    flags = cursor.number(4)
    cursor.take(12)
    clock, began = cursor.number(8), cursor.number(8)
    return {
        "dialect": DIALECTS.get(dialect, f"{dialect:#x}"),
        "signing": "required" if mode & SIGNING_REQUIRED else "enabled" if mode & SIGNING else "disabled",
        "capabilities": [name for bit, name in CAPABILITIES.items() if flags & bit],
        "server_guid": guid.hex(),
        "system_time": _time(clock),
        "start_time": _time(began),
    }


def negotiate_1_untrusted(message: bytes) -> tuple[dict[str, Detail], bool]:
    """Return what a NEGOTIATE response of version 1 says, and whether it takes NTLM by GSS; raises BadReply."""
    cursor = Cursor(message, 0, "little")
    if cursor.take(4) != MARK_1 or cursor.number(1) != NEGOTIATE_1:
        raise BadReply("no response to NEGOTIATE")
    status = cursor.number(4)
    cursor.take(23)
    words = cursor.number(1)
    if status or words != 17 or cursor.number(2):
        return {"smb1": False}, False
    mode = cursor.number(1)
    cursor.take(16)
    flags = cursor.number(4)
    signing = "required" if mode & SIGNING_1_REQUIRED else "enabled" if mode & SIGNING_1 else "disabled"
    detail: dict[str, Detail] = {"smb1": True, "smb1_signing": signing, "smb1_time": _time(cursor.number(8))}
    return detail, bool(flags & EXTENDED_SECURITY)


def native_untrusted(message: bytes) -> tuple[str, str]:
    """Return the system and the LAN manager that a response to SESSION_SETUP_ANDX names; raises BadReply."""
    cursor = Cursor(message, 32, "little")
    if cursor.number(1) != 4:
        raise BadReply("no response to SESSION_SETUP_ANDX")
    cursor.take(6)
    size = cursor.number(2)
    cursor.take(2)
    cursor.take(size)
    cursor.take(min(cursor.at % 2, cursor.left))
    words = printable(cursor.rest(), "utf-16-le").split("\0")
    return words[0], words[1] if len(words) > 1 else ""


def _at_once() -> Generator[Want, bytes, None]:
    yield from ()


def _by_session() -> Generator[Want, bytes, None]:
    """Ask for a session with whoever shares files here."""
    names = (b"*SMBSERVER     \x20", b"PERIPLUS       \0")
    called = b"".join(b"\x20" + first_level(each).encode() + b"\0" for each in names)
    yield Say(struct.pack("!BBH", SESSION_REQUEST, 0, len(called)) + called)
    answer = yield from framed(4, 2, 2, most=64)
    if answer[0] == SESSION_REFUSED and len(answer) == 5:
        yield Known(0.85, "a session was refused")
        raise BadReply(f"the session was refused: {answer[4]:#x}")
    if answer != bytes([SESSION_THERE, 0, 0, 0]):
        raise BadReply("no session")


PROTOCOLS = (
    Protocol(
        name="microsoft-ds",
        title="SMB",
        source="MS-SMB2",
        talk=_talk(_at_once),
        looks=looks_untrusted,
        ports=(445,),
        rarity=2,
    ),
    Protocol(
        name="netbios-ssn",
        title="SMB over NetBIOS",
        source="RFC 1002, 4.3; MS-SMB2",
        talk=_talk(_by_session),
        ports=(139,),
        rarity=4,
    ),
)
