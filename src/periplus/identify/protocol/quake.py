"""Quake III, its heirs, QuakeWorld and Quake II: a server's variables, in connectionless packets.

Quake III Arena (GPL source), connectionless packets: ``getinfo`` is answered by ``infoResponse`` with our challenge,
and ``getstatus`` by all variables, among which is the engine's version; the older games answer ``status`` with
variables and a list of players.

Identified by the answer's word and by variables behind it.
"""

from functools import partial

from periplus.errors import BadReply
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.quake import OUT_OF_BAND, PAYLOADS

__all__ = ["PROTOCOLS", "info_untrusted", "status_3_untrusted", "status_untrusted"]

DATA = {each.service: each.data for each in PAYLOADS}
INFO, STATUS_3 = OUT_OF_BAND + b"infoResponse\n", OUT_OF_BAND + b"statusResponse\n"
CHALLENGE = "periplus"
ASK_STATUS = OUT_OF_BAND + f"getstatus {CHALLENGE}".encode()
# Each game answers the other's question too, but in its own form.
STATUS_W, STATUS_2 = OUT_OF_BAND + b"n\\", OUT_OF_BAND + b"print\n\\"
MOST_VARIABLES = 100


def info_untrusted(data: bytes) -> Answered:
    """Read an infoResponse; raises BadReply."""
    found = _challenged(data, INFO)
    game = found.get("gamename") or found.get("game") or ""
    return Answered(0.97, "returned our challenge", _told("quake.game", str(game), found))


def status_3_untrusted(data: bytes) -> Answered:
    """Read a statusResponse; raises BadReply. The lines behind its first are players."""
    found = _challenged(b"\n".join(data.split(b"\n")[:2]), STATUS_3)
    texts = {"quake.game": str(found.get("gamename", "")), "quake.version": str(found.get("version", ""))}
    told = Told(texts={field: text for field, text in texts.items() if text}, detail=found)
    return Answered(0.97, "returned our challenge", told)


def _challenged(data: bytes, form: bytes) -> dict[str, Detail]:
    """Return the variables of an answer in this form; raises BadReply where it is none to our challenge."""
    if not data.startswith(form):
        raise BadReply("an answer of another form")
    found = _variables(data[len(form) :])
    if found.get("challenge") != CHALLENGE:
        raise BadReply("not our challenge")
    return found


def status_untrusted(data: bytes, forms: tuple[bytes, ...] = (STATUS_W, STATUS_2)) -> Answered:
    """Read what the older games answer, in one of these forms; raises BadReply."""
    if not data.startswith(forms):
        raise BadReply("no answer of Quake II or QuakeWorld")
    found = _variables(data.partition(b"\\")[2].partition(b"\n")[0])
    if "hostname" not in found and "*version" not in found and "version" not in found:
        raise BadReply("no variables of a game")
    version = str(found.get("version") or found.get("*version") or "")
    return Answered(0.95, "variables of a game", _told("quake.version", version, found))


def _variables(data: bytes) -> dict[str, Detail]:
    parts = data.decode("utf-8", "replace").strip("\\\n\0").split("\\")[: 2 * MOST_VARIABLES]
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _told(field: str, text: str, found: dict[str, Detail]) -> Told:
    return Told(texts={field: text} if text else {}, detail=found)


def _protocol(name: str, title: str, ports: tuple[int, ...], *questions: Question) -> Protocol:
    return Protocol(
        name=name,
        title=title,
        source="id Software, connectionless packets",
        talk=talk_of(*questions, needs_first=True),
        looks=looks_of(*questions),
        over=Over.UDP,
        ports=ports,
        rarity=8,
    )


PROTOCOLS = (
    _protocol(
        "quake3",
        "Quake III and its heirs",
        (26000, 27960, 30720, 44400),
        Question(DATA["quake-3"], info_untrusted),
        Question(ASK_STATUS, status_3_untrusted, wait_s=1.0),
    ),
    _protocol(
        "quake2",
        "Quake II",
        (27910,),
        Question(DATA["quake-2"], partial(status_untrusted, forms=(STATUS_2,))),
    ),
    _protocol(
        "quakeworld",
        "QuakeWorld",
        (27500,),
        Question(DATA["quakeworld"], partial(status_untrusted, forms=(STATUS_W,))),
    ),
)
