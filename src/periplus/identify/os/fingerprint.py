"""Answers become a fingerprint: lines of tests with the values that Nmap's reference fingerprints are written in.

Source: the chapter named in `os.probe`. A test without an answer is R=N; a value that cannot be known is left out,
so that no reference is held against it.

Limits: where the closed port was only guessed and nothing of it answers, T5 to T7 say nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from periplus.identify.os.answer import Answer, Bounced, Echoed, Seen
from periplus.identify.os.probe import ECHOES, NUMBERS, SYNS, TTL, UDP_DATA, UDP_ID, Asked, Segment
from periplus.identify.os.probe import PROBES as ALL
from periplus.identify.os.sequence import id_class, numbering, shared_ids, stamp_hz, stamping, uptime_s

__all__ = ["Fingerprint", "Observed", "fingerprint", "initial_ttl", "number_of"]

Test = dict[str, str]
_FLAGS = ((0x40, "E"), (0x20, "U"), (0x10, "A"), (0x08, "P"), (0x04, "R"), (0x02, "S"), (0x01, "F"))
_RST, _URG, _ECE, _CWR = 0x04, 0x20, 0x40, 0x80
_HEADERS = 28  # of IP and UDP
_CLOSED_TESTS = ("T5", "T6", "T7")
_CC = {0: "N", _ECE: "Y", _ECE | _CWR: "S", _CWR: "O"}


@dataclass
class Observed:
    """What came of one host's probes, by number: when each left, when it was answered, and by what."""

    asked: Asked
    sent_us: dict[int, int] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Fingerprint:
    """Tests by name, each with its values, and what they say by themselves.

    `distance` is in hops. `values` are the raw rows, by what they are of: ``seq``, ``ids`` and ``stamps``.
    """

    tests: Mapping[str, Mapping[str, str]]
    distance: int | None
    uptime_s: float | None
    hz: float | None
    values: Mapping[str, tuple[int, ...]]

    def text(self) -> str:
        """The fingerprint in one line."""
        return "".join(
            f"{name}({'%'.join(f'{key}={value}' for key, value in test.items())})"
            for name, test in self.tests.items()
        )


def number_of(asked: Asked, answer: Answer) -> int | None:
    """Return which probe of this host an answer is for."""
    body = answer.body
    if isinstance(body, Echoed):
        number = body.sequence - ECHOES[0].sequence
        ours = 0 <= number < len(ECHOES) and body.ident == (asked.ident + number) & 0xFFFF
        return len(SYNS) + number if ours else None
    number = body.port_me - asked.port_me
    if not 0 <= number < len(ALL):
        return None
    probe = ALL[number]
    if isinstance(body, Bounced):
        return number if probe == "U1" and body.port_them == asked.udp else None
    if not isinstance(probe, Segment):
        return None
    return number if body.port_them == (asked.open if probe.to_open else asked.closed) else None


def initial_ttl(ttl: int) -> int:
    """Return the usual initial TTL that is nearest above."""
    return next(each for each in (32, 64, 128, 255) if ttl <= each)


def fingerprint(observed: Observed) -> Fingerprint:
    """Return what the answers say."""
    syns = _segments(observed)
    times = [observed.sent_us[number] for number in syns]
    stamps = [seen.stamp for seen in syns.values()]
    known = [stamp for stamp in stamps if stamp is not None]
    hz = stamp_hz(known, times) if len(known) == len(stamps) else None
    distance = _distance(observed)
    tests: dict[str, Test] = {}
    if syns:
        tests["SEQ"] = _sequence(observed, syns, stamping(stamps, hz))
        tests["OPS"] = {f"O{number + 1}": seen.options for number, seen in syns.items()}
        tests["WIN"] = {f"W{number + 1}": f"{seen.window:X}" for number, seen in syns.items()}
    tests["ECN"] = _tested(observed, "ECN", distance, _ecn)
    tests["T1"] = _tested(observed, "S1", distance, _first)
    silent = not any(NUMBERS[name] in observed.answers for name in _CLOSED_TESTS)
    for name in ("T2", "T3", "T4", *(_CLOSED_TESTS if _closed_counts(observed.asked, silent) else ())):
        tests[name] = _tested(observed, name, distance, _odd)
    if observed.asked.udp is not None:
        tests["U1"] = _unreachable(observed, distance)
    if observed.asked.echoes:
        tests["IE"] = _echoes(observed, distance)
    first = observed.answers[min(syns)] if syns else None
    ids = tuple(observed.answers[number].ip_id for number in syns)
    values = {"seq": tuple(seen.seq for seen in syns.values()), "ids": ids, "stamps": tuple(known)}
    uptime = uptime_s(known[0], hz) if hz and known and first else None
    return Fingerprint(tests, distance, uptime, hz, values)


def _closed_counts(asked: Asked, silent: bool) -> bool:
    return asked.closed is not None and not (asked.guessed and silent)


def _segments(observed: Observed) -> dict[int, Seen]:
    """The SYN-ACKs that answered the six SYNs, by number; each acknowledges what was sent."""
    found: dict[int, Seen] = {}
    for number in range(len(SYNS)):
        answer = observed.answers.get(number)
        if answer is not None and isinstance(answer.body, Seen) and not answer.body.flags & _RST:
            found[number] = answer.body
    return found


def _distance(observed: Observed) -> int | None:
    """In hops, by the TTL that was left of the datagram that came back."""
    answer = observed.answers.get(NUMBERS["U1"])
    if answer is None or not isinstance(answer.body, Bounced) or not 0 < answer.body.ttl <= TTL:
        return None
    return TTL - answer.body.ttl + 1


# the rows


def _sequence(observed: Observed, syns: dict[int, Seen], stamp: str | None) -> Test:
    answers, numbers = observed.answers, list(syns)
    test = numbering([seen.seq for seen in syns.values()], [observed.sent_us[number] for number in numbers])
    tcp = [answers[number].ip_id for number in numbers]
    closed = [
        answers[NUMBERS[name]].ip_id
        for name in _CLOSED_TESTS
        if NUMBERS[name] in answers and observed.asked.closed is not None
    ]
    echoes = [answers[NUMBERS[each.name]].ip_id for each in ECHOES if NUMBERS[each.name] in answers]
    ti, ci, ii = id_class(tcp), id_class(closed, 2), id_class(echoes, len(ECHOES))
    shared = None
    if ii in {"RI", "BI", "I"} and ii == ti:
        shared = shared_ids(tcp, echoes[0], numbers[-1] - numbers[0])
    rest = {"TI": ti, "CI": ci, "II": ii, "SS": shared, "TS": stamp}
    return test | {key: value for key, value in rest.items() if value is not None}


def _tested(
    observed: Observed, name: str, distance: int | None, values: Callable[[Asked, int, Seen], Test]
) -> Test:
    """A test of one segment."""
    number = NUMBERS[name]
    answer = observed.answers.get(number)
    if answer is None or not isinstance(answer.body, Seen):
        return {"R": "N"}
    return (
        {"R": "Y", "DF": _yes(answer.df)}
        | _ttl(answer, distance)
        | values(observed.asked, number, answer.body)
    )


def _yes(value: bool) -> str:
    return "Y" if value else "N"


def _ttl(answer: Answer, distance: int | None) -> Test:
    """T where the distance is known, else a guess."""
    if distance is None:
        return {"TG": f"{initial_ttl(answer.ttl):X}"}
    return {"T": f"{min(answer.ttl + distance - 1, 255):X}"}


def _quirks(seen: Seen) -> str:
    return ("R" if seen.reserved else "") + ("U" if seen.urgent and not seen.flags & _URG else "")


def _ecn(asked: Asked, number: int, seen: Seen) -> Test:
    cc = _CC[seen.flags & (_ECE | _CWR)]
    return {"W": f"{seen.window:X}", "O": seen.options, "CC": cc, "Q": _quirks(seen)}


def _first(asked: Asked, number: int, seen: Seen) -> Test:
    """T1, whose window and options are told with the others'."""
    values = _odd(asked, number, seen)
    del values["W"], values["O"]
    return values


def _odd(asked: Asked, number: int, seen: Seen) -> Test:
    seq, ack = asked.seq_of(number), asked.ack
    values = {
        "W": f"{seen.window:X}",
        "S": _relation(seen.seq, ack, "A"),
        "A": _relation(seen.ack, seq, "S"),
        "F": "".join(letter for bit, letter in _FLAGS if seen.flags & bit),
        "O": seen.options,
    }
    if seen.data_sum is not None:
        values["RD"] = f"{seen.data_sum if seen.flags & _RST else 0:X}"
    return values | {"Q": _quirks(seen)}


def _relation(number: int, ours: int, word: str) -> str:
    if number == 0:
        return "Z"
    return {ours: word, (ours + 1) & 0xFFFFFFFF: f"{word}+"}.get(number, "O")


def _unreachable(observed: Observed, distance: int | None) -> Test:
    answer = observed.answers.get(NUMBERS["U1"])
    if answer is None or not isinstance(answer.body, Bounced):
        return {"R": "N"}
    back = answer.body
    sound = "G" if back.ip_sound else "I"
    return (
        {"R": "Y", "DF": _yes(answer.df)}
        | _ttl(answer, distance)
        | {
            "IPL": f"{answer.total:X}",
            "UN": f"{back.unused:X}",
            "RIPL": _good(back.total, _HEADERS + len(UDP_DATA)),
            "RID": _good(back.ip_id, UDP_ID),
            "RIPCK": sound if back.ip_checksum else "Z",
            "RUCK": _good(back.udp_checksum, observed.asked.udp_checksum()),
            "RUD": "G" if back.data_sound else "I",
        }
    )


def _good(value: int, expected: int) -> str:
    return "G" if value == expected else f"{value:X}"


def _echoes(observed: Observed, distance: int | None) -> Test:
    answers = [observed.answers.get(NUMBERS[each.name]) for each in ECHOES]
    both = [each for each in answers if each is not None]
    if len(both) < len(ECHOES):
        return {"R": "N"}
    codes = [each.body.code for each in both if isinstance(each.body, Echoed)]
    return (
        {"R": "Y", "DFI": _fragments([each.df for each in both])}
        | _ttl(both[0], distance)
        | {"CD": _codes(codes)}
    )


def _fragments(df: list[bool]) -> str:
    """DFI: neither may not be fragmented, as in the requests, both, or else."""
    return {(False, False): "N", (True, False): "S", (True, True): "Y"}.get((df[0], df[1]), "O")


def _codes(codes: list[int]) -> str:
    if codes == [0, 0]:
        return "Z"
    if codes == [each.code for each in ECHOES]:
        return "S"
    return f"{codes[0]:X}" if codes[0] == codes[1] else "O"
