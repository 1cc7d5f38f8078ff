"""Telnet: what options a server begins with, all of which we refuse, and what it shows before a login.

RFC 854 (commands), RFC 855 (options), RFC 1143 (each request is answered once, so that no loop begins).

Identified by a request for an option that is assigned. A prompt for a name without one is weak evidence.

Limits: nothing is shown by those who insist on an option. It ends at the first prompt, else in silence.
"""

import re
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Exactly, Known, Say, Talk, Told, Until, Want

__all__ = ["PROTOCOL", "looks_untrusted"]

IAC, SE = b"\xff", b"\xf0"
SB, WILL, WONT, DO, DONT = b"\xfa", b"\xfb", b"\xfc", b"\xfd", b"\xfe"
REFUSAL = {WILL: DONT, DO: WONT}
NAMES = {
    0: "binary", 1: "echo", 3: "suppress-go-ahead", 5: "status", 6: "timing-mark", 18: "logout", 23: "send-location",
    24: "terminal-type", 25: "end-of-record", 31: "window-size", 32: "terminal-speed", 33: "remote-flow-control",
    34: "linemode", 35: "x-display-location", 36: "environ", 37: "authentication", 38: "encrypt", 39: "new-environ",
    40: "tn3270e", 42: "charset", 44: "com-port", 46: "start-tls", 70: "mssp", 86: "mccp2", 201: "gmcp",
}  # fmt: skip
MOST_TEXT, MOST_COMMANDS = 4_096, 64
PATIENCE_S = 2.0
Asked = dict[bytes, list[int]]  # the options that were asked for, by command
PROMPT = re.compile(
    rb"(?:^|[\r\n])[^\r\n]{0,60}?(?:login|user ?name|user|account|password|passcode)\s?:\s?$", re.IGNORECASE
)


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of Telnet."""
    if data[:1] == IAC and data[1:2] in (WILL, WONT, DO, DONT) and len(data) > 2 and data[2] in NAMES:
        return 0.95
    return 0.4 if PROMPT.search(data[-100:]) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Refuse every option and read what is shown, up to a prompt."""
    text = bytearray()
    asked: Asked = {WILL: [], DO: []}
    try:
        for _ in range(MOST_TEXT + MOST_COMMANDS):
            byte = yield Exactly(1, PATIENCE_S if text or any(asked.values()) else None)
            if byte != IAC:
                text += byte
                if byte == b":" and PROMPT.search(text[-100:]):
                    break
                continue
            text += yield from _command(asked)
    except Ended:
        pass
    numbers = [*asked[WILL], *asked[DO]]
    if any(each in NAMES for each in numbers):
        yield Known(0.95, "negotiates options of Telnet")
    elif PROMPT.search(text[-100:]):
        yield Known(0.5, "prompts for a name")
    else:
        raise BadReply("no options and no prompt")
    shown = plain_untrusted(bytes(text)).strip()
    yield Told(
        texts={"telnet.banner": shown} if shown else {},
        detail={"banner": shown, "will": [*map(_name, asked[WILL])], "do": [*map(_name, asked[DO])]},
    )


def _command(asked: Asked) -> Generator[Want, bytes, bytes]:
    """Read what follows an IAC, and refuse it if it asks for something; return what of it is text."""
    command = yield Exactly(1)
    if command == SB:
        yield Until(IAC + SE, 512)
    elif command in (WILL, WONT, DO, DONT):
        option = (yield Exactly(1))[0]
        before = asked.get(command)
        if before is not None and option not in before and len(before) < MOST_COMMANDS:
            before.append(option)
            yield Say(IAC + REFUSAL[command] + bytes([option]))
    return IAC if command == IAC else b""


def _name(option: int) -> str:
    return NAMES.get(option, str(option))


PROTOCOL = Protocol(
    name="telnet",
    title="Telnet",
    source="RFC 854",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(23, 2323, 992, 2001, 4001, 5023),
    tls_ports=(992,),
    first=First.SERVER,
    rarity=2,
)
