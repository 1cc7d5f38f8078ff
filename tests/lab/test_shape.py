"""Packets look and leave as the user says: a real peer lets through only what looks so, and answers it."""

import pytest
from tests.lab import conditions
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import Ran, Verdict, periplus
from tests.lab.servers import OPEN

pytestmark = pytest.mark.lab

CHOSEN = {4: "198.18.0.77", 6: "2001:db8::1"}
NOT_OURS = "this machine has no such address, and Periplus sends from no others"
SILENT = Verdict("filtered", "no-response")
ASKED = "22,79,80,8080"
HOOK = "type filter hook prerouting priority -500; policy accept;"


def passes(net: Network, condition: str) -> None:
    """At the near host TCP is dropped where this is true of a packet as it arrives."""
    net.near.firewall(
        f"table inet t {{\n chain c {{\n  {HOOK}\n  meta l4proto tcp {condition} drop\n }}\n}}\n"
    )


def ran(net: Network, *words: str) -> Ran:
    return periplus(net.scanner, "-Pn", f"-p{ASKED}", "--all-states", "-oJ", "-", *words)


def verdicts(net: Network, target: str, *words: str) -> dict[int, Verdict]:
    return ran(net, *words, target).scan().at(target)


def found(flag: str) -> dict[int, Verdict]:
    closed = Verdict("closed", "reset" if flag == "-sS" else "conn-refused")
    return {port: Verdict("open", "syn-ack") if port in OPEN else closed for port in (22, 79, 80, 8080)}


SILENCE = dict.fromkeys((22, 79, 80, 8080), SILENT)
WAYS = [(flag, family) for flag in ("-sS", "-sT") for family in (4, 6)]


@pytest.mark.parametrize(("flag", "family"), WAYS)
def test_a_source_port_for_all_tries(plain: Network, flag: str, family: int) -> None:
    passes(plain, "tcp sport != 5353")
    assert verdicts(plain, NEAR.of(family), flag) == SILENCE
    assert verdicts(plain, NEAR.of(family), flag, "-g", "5353") == found(flag)


@pytest.mark.parametrize(("flag", "port_me"), [("-sS", "53"), ("-sA", "54"), ("-sF", "55")])
def test_one_port_will_do_where_much_is_lost(plain: Network, flag: str, port_me: str) -> None:
    """A third of the answers are to later tries, which their numbers must tell.

    A server whose reset was lost goes on to answer a SYN for seconds, so the next scan has another port; and it
    answers a second SYN with a bare ACK, which no verdict follows from (RFC 9293 section 3.10.7.4).
    """
    plain.near.firewall(conditions.lossy(20))
    words = ("-g", port_me, flag, "-p1-300", "--all-states", "-oJ", "-", NEAR.v4)
    scan = periplus(plain.scanner, *words).scan()
    state = {"-sS": "closed", "-sA": "unfiltered", "-sF": "closed"}[flag]
    silent = {port for port in range(1, 301) if scan.at(NEAR.v4)[port].reason == "no-response"}
    assert len(silent - OPEN) <= 2
    expected = set(range(1, 301)) - silent - (OPEN if flag != "-sA" else set())
    assert {port for port, verdict in scan.at(NEAR.v4).items() if verdict.state == state} == expected
    assert 0.1 < scan.summary["loss"] < 0.6
    strange = {"forged"} if flag == "-sS" else {"forged", "unexpected"}
    assert not strange & set(scan.summary["discarded"])


@pytest.mark.parametrize(("flag", "family"), WAYS)
def test_a_time_to_live(plain: Network, flag: str, family: int) -> None:
    passes(plain, f"{'ip ttl' if family == 4 else 'ip6 hoplimit'} != 42")
    assert verdicts(plain, NEAR.of(family), flag) == SILENCE
    assert verdicts(plain, NEAR.of(family), flag, "--ttl", "42") == found(flag)


def test_a_time_to_live_that_ends_at_the_router(plain: Network) -> None:
    assert set(verdicts(plain, FAR.v4, "-sS", "--ttl", "1").values()) == {
        Verdict("filtered", "time-exceeded", "198.18.1.254")
    }


@pytest.mark.parametrize(("flag", "family"), WAYS)
def test_an_address_and_an_interface(own: Network, flag: str, family: int) -> None:
    """Of two addresses the kernel takes the first of IPv4, and the last of IPv6; ours is the other."""
    more = "198.18.0.77/24" if family == 4 else "2001:db8::77/64"
    own.scanner.ip("address", "add", more, "dev", "near0", "nodad")
    passes(own, f"{'ip' if family == 4 else 'ip6'} saddr != {CHOSEN[family]}")
    words = (flag, "-Pn", "-p2001,2999", "--all-states", "-oJ", "-")
    target = NEAR.of(family)

    def states(*more: str) -> list[str]:
        scan = periplus(own.scanner, *words, *more, target).scan()
        return [scan.at(target)[port].state for port in (2001, 2999)]

    assert states() == ["filtered", "filtered"]
    assert states("-S", CHOSEN[family]) == ["open", "closed"]
    assert states("-S", CHOSEN[family], "-e", "near0") == ["open", "closed"]


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_the_interface_chosen_is_taken(plain: Network, flag: str) -> None:
    """Through the interface to the router nobody has the near host's address."""
    assert verdicts(plain, NEAR.v4, flag, "-e", "near0") == found(flag)
    there = periplus(plain.scanner, flag, "-p22", "--host-timeout", "9", "-e", "router0", "-oJ", "-", NEAR.v4)
    assert there.scan().of("open") == set()


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-e", "nosuch"], '-e "nosuch": there is no such interface; there are lo, near0, router0'),
        (
            ["-S", "198.18.0.99"],
            f"-S 198.18.0.99: {NOT_OURS}",
        ),
        (
            ["-S", "0.0.0.0"],
            f"-S 0.0.0.0: {NOT_OURS}",
        ),
        (
            ["-S", "224.0.0.1"],
            f"-S 224.0.0.1: {NOT_OURS}",
        ),
        (["-S", "2001:db8::1"], "-S 2001:db8::1: 198.18.0.2 is of the other family; scan it apart"),
    ],
)
def test_a_choice_that_is_none(plain: Network, flag: str, words: list[str], line: str) -> None:
    refused = ran(plain, flag, *words, NEAR.v4)
    assert refused.status == 2
    assert refused.err.strip().splitlines()[-1] == f"periplus: {line}"


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_an_interface_without_an_address(own: Network, flag: str) -> None:
    own.scanner.ip("-6", "address", "flush", "dev", "router0")
    refused = ran(own, flag, "-e", "router0", NEAR.v6)
    assert (refused.status, refused.err.strip().splitlines()[-1]) == (
        2,
        "periplus: -e router0: the interface has no IPv6 address to send from",
    )


@pytest.mark.parametrize(("words", "size"), [(["-f"], 28), (["-f", "-f"], 36), (["--mtu", "16"], 36)])
def test_fragments(plain: Network, words: list[str], size: int) -> None:
    """What is no fragment, or too long a one, does not arrive; the peer's kernel puts the others together."""
    hook = "type filter hook prerouting priority -500; policy accept;"
    rules = f"ip frag-off & 0x3fff == 0 ip protocol tcp drop; ip length > {size} ip protocol tcp drop"
    body = "\n  ".join([hook, *rules.split("; ")])
    plain.near.firewall(f"table ip t {{\n chain c {{\n  {body}\n }}\n}}\n")
    assert verdicts(plain, NEAR.v4, "-sS") == SILENCE
    assert verdicts(plain, NEAR.v4, "-sS", *words) == found("-sS")


def test_fragments_to_this_machine_and_of_many_ports(plain: Network) -> None:
    closed = {port: Verdict("closed", "reset") for port in range(1, 1001)}
    for target in (FAR.v4, "198.18.0.1"):
        words = ("-sS", "-f", "--data-length", "30", "-p1-1000", "--all-states", "-oJ", "-", target)
        scan = periplus(plain.scanner, *words).scan().at(target)
        opened = {port for port in OPEN if port <= 1000} if target == FAR.v4 else set()
        assert {port: scan[port] for port in closed if port not in opened} == {
            port: verdict for port, verdict in closed.items() if port not in opened
        }
        assert {port for port, verdict in scan.items() if verdict.state == "open"} == opened


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("flag", ["-sS", "-sF"])
@pytest.mark.parametrize("port", [[], ["-g", "53"]])
def test_data_change_no_verdict(plain: Network, flag: str, family: int, port: list[str]) -> None:
    target = NEAR.of(family)
    bare = verdicts(plain, target, flag)
    head = 44 if family == 4 else 24
    passes(plain, f"meta length < {(head if family == 4 else 64) + 200 - (0 if flag == '-sS' else 4)}")
    assert set(verdicts(plain, target, flag).values()) & {SILENT, Verdict("open|filtered", "no-response")}
    assert verdicts(plain, target, flag, "--data-length", "200", *port) == bare


def test_wrong_checksums_reach_no_host(plain: Network) -> None:
    run = ran(plain, "-sS", "--badsum", NEAR.v4)
    assert run.scan().at(NEAR.v4) == SILENCE
    assert "whatever answers is a middlebox" in run.err


def test_a_router_answers_wrong_checksums_all_the_same(own: Network) -> None:
    own.router.ip("route", "add", "prohibit", FAR.v4)
    found = verdicts(own, FAR.v4, "-sS", "--badsum")
    assert set(found.values()) == {Verdict("filtered", "admin-prohibited", "198.18.1.254")}


@pytest.mark.parametrize("flags", ["SYN,ECE,CWR", "SYNPSH", "2", "0x42", "SYNFIN"])
def test_other_flags_that_open_as_a_syn_does(plain: Network, flags: str) -> None:
    number = {"SYN,ECE,CWR": 0xC2, "SYNPSH": 0x0A, "2": 2, "0x42": 0x42, "SYNFIN": 3}[flags]
    passes(plain, f"@th,104,8 != {number}")
    expected = found("-sS")
    if flags == "SYNFIN":  # Linux does not open for it
        expected |= dict.fromkeys(OPEN, SILENT)
    assert verdicts(plain, NEAR.v4, "-sS", "--scanflags", flags) == expected


def test_flags_of_other_scans_get_their_resets(plain: Network) -> None:
    closed = {79: Verdict("closed", "reset")}
    assert verdicts(plain, NEAR.v4, "-sS", "--scanflags", "FIN") == SILENCE | closed
    every = verdicts(plain, NEAR.v4, "-sS", "--scanflags", "ACK")
    assert set(every.values()) == {Verdict("closed", "reset")}
    assert verdicts(plain, NEAR.v4, "-sA", "--scanflags", "0")[79] == Verdict("unfiltered", "reset")
