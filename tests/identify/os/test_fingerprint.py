"""Fingerprints of a stack in memory, its quirks one by one, and which answer belongs to which probe."""

from dataclasses import replace
from typing import Any

import pytest
from tests.identify.os.stack import ME, THEM, Linux

from periplus.identify.os.answer import Answer, Seen, read_untrusted
from periplus.identify.os.fingerprint import Fingerprint, Observed, fingerprint, initial_ttl, number_of
from periplus.identify.os.probe import NUMBERS, Asked, packet

ASKED = Asked(ME, THEM, 50_000, 22, 81, 40_125, 0x1000, 0xABCD, 0x77, 0x5000)
LINUX_TESTS = (  # what Nmap 7.93 wrote down of the same kernel, but for the row in time
    "ECN(R=Y%DF=Y%T=40%W=FAF0%O=M5B4NNSNW7%CC=Y%Q=)T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)T2(R=N)T3(R=N)"
    "T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)"
    "T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)"
    "U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)IE(R=Y%DFI=N%T=40%CD=S)"
)


def observed(stack: Linux, asked: Asked = ASKED) -> Observed:
    """Ask everything, a tenth of a second apart."""
    found = Observed(asked)
    for number in asked.numbers():
        found.sent_us[number] = number * 100_000
        data = stack.answer(packet(asked, number), number * 100_000)
        if data is not None:
            answer = read_untrusted(data)
            assert number_of(asked, answer) == number
            found.answers[number] = answer
    return found


def changed(found: Observed, name: str, **fields: Any) -> Fingerprint:
    """The fingerprint when the segment that answers this probe has other fields."""
    number = NUMBERS[name]
    body = found.answers[number].body
    assert isinstance(body, Seen)
    found.answers[number] = replace(found.answers[number], body=replace(body, **fields))
    return fingerprint(found)


@pytest.mark.parametrize("hops", [0, 3])
def test_linux(hops: int) -> None:
    found = fingerprint(observed(Linux(hops=hops)))
    first, _, rest = found.text().partition("ECN(")
    assert f"ECN({rest}" == LINUX_TESTS
    assert first.endswith("WIN(W1=FE88%W2=FE88%W3=FE88%W4=FE88%W5=FE88%W6=FE88)")
    assert found.tests["OPS"] == {f"O{number}": "M5B4ST11NW7" for number in range(1, 7)}
    assert {key: found.tests["SEQ"][key] for key in ("TI", "CI", "TS")} == {"TI": "Z", "CI": "Z", "TS": "A"}
    assert found.distance == hops + 1
    assert found.uptime_s == pytest.approx(0.001)


def test_without_a_datagram_that_comes_back_the_ttl_is_a_guess() -> None:
    seen = observed(Linux(hops=3))
    del seen.answers[NUMBERS["U1"]]
    found = fingerprint(seen)
    assert found.distance is None
    assert found.tests["T1"]["TG"] == "40"
    assert "T" not in found.tests["T1"]
    assert found.tests["U1"] == {"R": "N"}
    assert [initial_ttl(each) for each in (1, 33, 64, 65, 129)] == [32, 64, 64, 128, 255]


def test_a_closed_port_that_was_guessed_and_says_nothing_is_left_out() -> None:
    seen = observed(Linux(), replace(ASKED, guessed=True))
    assert "T5" in fingerprint(seen).tests
    for name in ("T5", "T6", "T7"):
        del seen.answers[NUMBERS[name]]
    assert "T5" not in fingerprint(seen).tests


def test_nothing_answers() -> None:
    found = fingerprint(Observed(ASKED))
    assert "SEQ" not in found.tests
    assert set(map(str, found.tests.values())) == {"{'R': 'N'}"}


@pytest.mark.parametrize(
    ("name", "fields", "key", "value"),
    [
        ("ECN", {"flags": 0x12}, "CC", "N"),
        ("ECN", {"flags": 0xD2}, "CC", "S"),
        ("ECN", {"flags": 0x92}, "CC", "O"),
        ("ECN", {"reserved": 8, "urgent": 5}, "Q", "RU"),
        ("T5", {"seq": 0xABCD}, "S", "A"),
        ("T5", {"seq": 0xABCE}, "S", "A+"),
        ("T5", {"ack": 0x100C}, "A", "S"),
        ("T5", {"ack": 0x100B}, "A", "O"),
        ("T6", {"data_sum": 0xBEEF}, "RD", "BEEF"),
        ("T7", {"flags": 0x54}, "F", "EAR"),
    ],
)
def test_quirks(name: str, fields: dict[str, int], key: str, value: str) -> None:
    assert changed(observed(Linux()), name, **fields).tests[name][key] == value


def test_data_of_a_reset_that_was_cut_has_no_sum() -> None:
    assert "RD" not in changed(observed(Linux()), "T6", data_sum=None).tests["T6"]


@pytest.mark.parametrize(
    ("df", "told"),
    [((False, False), "N"), ((True, False), "S"), ((True, True), "Y"), ((False, True), "O")],
)
def test_fragments_of_echoes(df: tuple[bool, bool], told: str) -> None:
    seen = observed(Linux())
    for name, value in zip(("IE1", "IE2"), df, strict=True):
        seen.answers[NUMBERS[name]] = replace(seen.answers[NUMBERS[name]], df=value)
    assert fingerprint(seen).tests["IE"]["DFI"] == told


def other(answer: Answer, **fields: Any) -> Answer:
    body: Any = answer.body
    return replace(answer, body=replace(body, **fields))


def test_answers_to_nothing() -> None:
    seen = observed(Linux())
    syn, echo, bounced = (seen.answers[NUMBERS[name]] for name in ("S1", "IE1", "U1"))
    strangers = [
        other(syn, port_me=49_999),
        other(syn, port_me=50_016),
        other(syn, port_them=23),
        other(syn, port_me=50_015),
        other(echo, ident=1),
        other(echo, sequence=294),
        other(bounced, port_them=1),
        other(bounced, port_me=50_001),
    ]
    assert [number_of(ASKED, each) for each in strangers] == [None] * len(strangers)
