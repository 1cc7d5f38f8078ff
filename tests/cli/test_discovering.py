"""From options to questions: every ping, its ports and families, and what cannot be asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.space.scopes import scope
from tests.wire.twins import number

from periplus.cli.discovering import MOST_QUESTIONS, PINGS, discovery
from periplus.cli.options import parser, read
from periplus.data import services_text
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import Discovery
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace
from periplus.space.services import Services
from periplus.technique.model import UNEXPECTED
from periplus.technique.signal import tcp_signal
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, RST, SYN

V4, V6 = "198.18.0.7", "2001:db8::7"
SERVICES = Services(services_text())
Question = tuple[str, int]


def scoped(ports: str | None, *words: str, raw: bool = True) -> tuple[Discovery, list[str]]:
    """How hosts are found in a scope with these ports, and what was told."""
    told: list[str] = []
    rules = scope(ports=ports) if ports else scope()
    made = discovery(read([*words, V4, V6]), hosts_of(V4, V6), SERVICES, raw, rules, told.append)
    assert made is not None
    return made, told


def found(*words: str, targets: tuple[str, ...] = (V4, V6), raw: bool = True) -> Discovery:
    """How hosts are found with these options."""
    made = discovery(read([*words, *targets]), hosts_of(*targets), SERVICES, raw)
    assert made is not None
    return made


def hosts_of(*targets: str) -> AddressSpace:
    return AddressSpace.of((number(text), number(text)) for text in targets)


def asked(made: Discovery, addr: str) -> list[Question]:
    """Technique and port of every question to a host."""
    [host] = made.space.host_of(Addresses.of_ints([number(addr)])).tolist()
    if host < 0:
        return []
    block = made.space.blocks[int(made.space.block_of(np_of(host))[0])]
    which, port = made.menu.asked(block.ports)
    names = [made.menu.techniques[row].name for row in which.tolist()]
    return list(zip(names, port.tolist(), strict=True))


def np_of(host: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([host], np.int64)


# what is asked

ECHO, TIMESTAMP, MASK = ("echo", 8), ("timestamp", 13), ("mask", 17)
CASES: list[tuple[list[str], list[Question], list[Question]]] = [
    ([], [ECHO, ("syn", 443), ("ack", 80), TIMESTAMP], [ECHO, ("syn", 443), ("ack", 80)]),
    (["-PE"], [ECHO], [ECHO]),
    (["-PE", "-PP"], [ECHO, TIMESTAMP], [ECHO]),
    (["-PE", "-PM"], [ECHO, MASK], [ECHO]),
    (["-PS"], [("syn", 80)], [("syn", 80)]),
    (["-PA"], [("ack", 80)], [("ack", 80)]),
    (["-PU"], [("udp", 40125)], [("udp", 40125)]),
    (["-PY"], [("sctp-init", 80)], [("sctp-init", 80)]),
    (["-PS22,80"], [("syn", 22), ("syn", 80)], [("syn", 22), ("syn", 80)]),
    (["-PSssh"], [("syn", 22)], [("syn", 22)]),
    (["-PA1-3"], [("ack", 1), ("ack", 2), ("ack", 3)], [("ack", 1), ("ack", 2), ("ack", 3)]),
    (["-PU53", "-PY9"], [("udp", 53), ("sctp-init", 9)], [("udp", 53), ("sctp-init", 9)]),
    (["-PST:22,U:53"], [("syn", 22)], [("syn", 22)]),
    (["-PS80", "-PA80"], [("syn", 80), ("ack", 80)], [("syn", 80), ("ack", 80)]),
]


@pytest.mark.parametrize(("words", "of_4", "of_6"), CASES, ids=lambda each: " ".join(map(str, each)))
def test_questions_by_family(words: list[str], of_4: list[Question], of_6: list[Question]) -> None:
    made = found("-sn", *words)
    assert asked(made, V4) == of_4
    assert asked(made, V6) == of_6
    assert made.link_proof


def test_on_the_link_who_answers_is_there_unless_that_is_refused() -> None:
    assert found("-PR").link_proof
    assert not found("--disable-arp-ping").link_proof
    assert asked(found("-PR"), V4) == asked(found(), V4)


@pytest.mark.parametrize("flag", ["-PP", "-PM"])
def test_what_only_ipv4_has_cannot_be_asked_of_ipv6(flag: str) -> None:
    with pytest.raises(UsageError, match=rf"^{flag}: IPv6 hosts cannot be asked this; add -PE or -PS$"):
        found("-sn", flag)
    assert asked(found("-sn", flag, targets=(V4,)), V4) != []


def test_every_option_that_asks_is_named_when_none_can_ask() -> None:
    with pytest.raises(UsageError, match=r"^-PP -PM: IPv6 hosts"):
        found("-PM", "-PP", targets=(V6,))


def test_all_hosts_are_taken_for_up_with_pn() -> None:
    assert discovery(read(["-Pn", V4]), hosts_of(V4), SERVICES, True) is None


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-PS99999"], "-PS: "),
        (["-PA0-x"], "-PA: "),
        (["-PUnonsense"], "-PU: "),
        (["-PSU:53"], '-PS: no TCP ports in "U:53"'),
        (["-PYT:80"], '-PY: no SCTP ports in "T:80"'),
    ],
)
def test_wrong_ports_are_told_with_their_option(words: list[str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        found(*words)
    assert str(caught.value).startswith(line)


def test_there_are_limits_to_asking() -> None:
    with pytest.raises(UsageError, match=f"65535 pings for each host; at most {MOST_QUESTIONS}"):
        found("-PS1-65535")


# resets


@pytest.mark.parametrize(("words", "state"), [([], State.CLOSED), (["--discovery-ignore-rst"], UNEXPECTED)])
def test_a_reset_may_be_no_proof(words: list[str], state: int) -> None:
    menu = found("-PS22", *words).menu
    assert menu.table.state[tcp_signal(RST | ACK)] == state
    assert menu.table.state[tcp_signal(SYN | ACK)] == State.OPEN


def test_no_technique_counts_resets_then() -> None:
    made = found("-PS", "-PA", "-PU", "-PY", "-PE", "--discovery-ignore-rst")
    assert Reason.RESET not in {row.reason for each in made.menu.techniques for row in each.rows}
    assert Reason.PORT_UNREACH in {row.reason for each in made.menu.techniques for row in each.rows}


# without the privilege


def test_without_the_privilege_it_connects_to_two_ports() -> None:
    made = found(raw=False)
    assert (asked(made, V4), asked(made, V6)) == ([("connect", 80), ("connect", 443)],) * 2
    assert not made.link_proof
    assert not made.menu.questions


def test_syn_and_ack_pings_become_connects_to_all_their_ports() -> None:
    made = found("-PS22,80", "-PA80,81", raw=False)
    assert asked(made, V4) == [("connect", 22), ("connect", 80), ("connect", 81)]


@pytest.mark.parametrize("flag", ["-PE", "-PP", "-PM", "-PU", "-PY"])
def test_what_needs_the_privilege_says_so(flag: str) -> None:
    with pytest.raises(CannotScan, match=f"^{flag} sends raw packets, .*CAP_NET_RAW, or use -PS or -Pn$"):
        found(flag, raw=False)


def test_a_refused_connection_is_a_reset_too() -> None:
    for words, known in (([], True), (["--discovery-ignore-rst"], False)):
        rows = found(*words, raw=False).menu.techniques[0].rows
        assert (Reason.CONN_REFUSED in {row.reason for row in rows}) == known


# together


@given(
    st.sets(st.sampled_from([ping.flag for ping in PINGS])),
    st.lists(st.integers(1, 255), min_size=1, max_size=4),
)
def test_any_pings_together_ask_each_their_own_and_nothing_twice(flags: set[str], ports: list[int]) -> None:
    text = ",".join(map(str, ports))
    by_port = [ping for ping in PINGS if ping.flag in flags and ping.proto]
    words = [f"{ping.flag}{text}" for ping in by_port] + [
        ping.flag for ping in PINGS if ping.flag in flags and not ping.proto
    ]
    made = found(*words, targets=(V4,))
    questions = asked(made, V4)
    assert len(questions) == len(set(questions))
    if flags:
        twin = {(ping.technique, port) for ping in by_port for port in ports}
        twin |= {
            (ping.technique, int(ping.default)) for ping in PINGS if ping.flag in flags and not ping.proto
        }
        assert set(questions) == twin


def test_options_that_exclude_each_other() -> None:
    for words in (["-sn", "-Pn"], ["-sL", "-sn"], ["-Pn", "-sL"]):
        with pytest.raises(UsageError, match=f"^{words[1]}: not allowed together with {words[0]}$"):
            read([*words, V4])


@pytest.mark.parametrize(
    "flag",
    [*(ping.flag for ping in PINGS), "-PR", "--disable-arp-ping", "--discovery-ignore-rst", "-sn", "-sL"],
)
def test_every_option_is_in_the_help(flag: str) -> None:
    assert flag in parser().format_help().replace(",", " ").split()


# under a scope

LEFT_OUT = "scope lab.toml: the usual pings {} are not in ports: left out"


@pytest.mark.parametrize(
    ("ports", "raw", "of_4", "told"),
    [
        (None, True, [ECHO, ("syn", 443), ("ack", 80), TIMESTAMP], []),
        ("80,443", True, [ECHO, ("syn", 443), ("ack", 80), TIMESTAMP], []),
        ("80", True, [ECHO, ("ack", 80), TIMESTAMP], [LEFT_OUT.format("-PS443")]),
        ("U:53", True, [ECHO, TIMESTAMP], [LEFT_OUT.format("-PS443 -PA80")]),
        (None, False, [("connect", 80), ("connect", 443)], []),
        ("443", False, [("connect", 443)], [LEFT_OUT.format("-PS80")]),
    ],
)
def test_usual_pings_that_the_scope_lacks_are_left_out(
    ports: str | None, raw: bool, of_4: list[Question], told: list[str]
) -> None:
    made, lines = scoped(ports, raw=raw)
    assert asked(made, V4) == of_4
    assert asked(made, V6) == [each for each in of_4 if each != TIMESTAMP]
    assert lines == told


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-PS80,443"], "-PS: port 443/tcp is not in ports"),
        (["-PE", "-PA8080"], "-PA: port 8080/tcp is not in ports"),
        (["-PU"], "-PU: port 40125/udp is not in ports"),
        (["-PY"], "-PY: port 80/sctp is not in ports"),
        (["-PO"], "-PO: IP protocol 2 is not in ports"),
    ],
)
def test_pings_that_were_named_are_not_left_out_but_refused(words: list[str], line: str) -> None:
    with pytest.raises(UsageError, match=f"^scope lab.toml: {line}; nothing is sent$"):
        scoped("T:80,U:53", *words)


@pytest.mark.parametrize("words", [["-PE", "-PP"], ["-PS80"], ["-PU53"], ["-PO1"]])
def test_pings_that_were_named_and_are_allowed(words: list[str]) -> None:
    made, lines = scoped("T:80,U:53", *words)
    assert asked(made, V4) == asked(found(*words), V4)
    assert lines == []


def test_without_any_ping_left_the_user_must_choose() -> None:
    with pytest.raises(
        UsageError, match=r"the usual pings -PS80 -PS443 are not in ports; choose ports with -PS, or "
    ):
        scoped("22", raw=False)
