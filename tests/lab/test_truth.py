"""The truth table: what every technique says of every condition, and that Nmap says the same, port by port.

One network holds all conditions at once, each at a port of its own, for TCP, UDP and SCTP: listeners, closed ports,
what a firewall at the target or at the router can do, a firewall with a connection table, stacks of other makes, a
SYN proxy, loss. Nmap and we scan both targets by each technique and family, over a cable of a millisecond; state,
reason and sender must be equal. So that both cannot be wrong alike, `TRUTH` says what some conditions must give.

There is nothing in which we differ on purpose. Where ICMP is rationed, who asks at another pace hears of other ports,
so there every port must have the verdict that it has without the ration, or that of silence.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from tests.lab import conditions, network, servers
from tests.lab.conditions import CONDITIONS, HOST_BASE, ROUTER_BASE, STATEFUL, STATEFUL_OPEN
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import Scan, Verdict, nmap, periplus

from periplus.scan.report import ALL_RESET
from periplus.technique.catalogue import techniques

pytestmark = pytest.mark.lab

FLAGS = ("-sS", "-sT", "-sF", "-sN", "-sX", "-sM", "-sA", "-sW", "-sU", "-sY", "-sZ")
LOSSY = range(101, 146)  # closed, and at the router every twentieth packet to them is lost
BEHIND_ROUTER = range(ROUTER_BASE, ROUTER_BASE + 100)  # such conditions have only the second target
SILENT = 8080  # of UDP: it listens and says nothing
STACKS = {7301: "resets-all-open", 7302: "resets-all-closed", 7303: "syn-proxy"}
STACKS |= {7304: "old-bsd-open", 7305: "old-bsd-closed"}
NAMES = {
    **dict.fromkeys(servers.OPEN, "open"),
    **dict.fromkeys((1, 79, 7099, 65535), "closed"),
    **{HOST_BASE + condition.number: f"{condition.name} by host" for condition in CONDITIONS},
    **{ROUTER_BASE + condition.number: f"{condition.name} by router" for condition in CONDITIONS},
    **dict.fromkeys(LOSSY, "closed, loss"),
    STATEFUL: "stateful",
    STATEFUL_OPEN: "stateful, open",
    **STACKS,
}
ASKED = ",".join(map(str, sorted(NAMES)))

ERRORS = ",".join(str(HOST_BASE + condition.number) for condition in CONDITIONS)
REFUSING = f"22,79,{ERRORS}"  # what ICMP errors tell of, one open port and one closed
# Linux as it comes: an error a second to each destination, after six at once.
UNLIMITED = {key: network.SETTINGS[key] for key in network.SETTINGS if "icmp" in key}
RATIONED = {
    "net/ipv4/icmp_ratelimit": "1000",
    "net/ipv4/icmp_ratemask": "6168",
    "net/ipv6/icmp/ratelimit": "1000",
    "net/ipv6/icmp/ratemask": "0-1,3-127",
}
AT_ONCE = 6

NMAPS_PACE = ("--min-rate", "400")  # or the loss makes it slow down for seconds

LETTERS = {"O": "open", "C": "closed", "F": "filtered", "U": "unfiltered", "?": "open|filtered"}
TABLE = """\
STFNXMAWUYZ: the techniques, as in FLAGS
OO???CUCOO?: 22
OO???CUC?O?: 8080
CCCCCCUCCCC: 79 101 145
FF????FF?F?: 7001 7101 7201
FFFFFFFFFFF: 7006 7106
OO????FFOO?: 7202
OOCCCCUCCCC: 7301
CCCCCCUCCCC: 7302 7305
OO????FFCCC: 7303
OO????UOCCC: 7304
"""
LINES = [line.split(": ") for line in TABLE.splitlines()[1:]]
TRUTH = {int(port): letters for letters, ports in LINES for port in ports.split()}


class Setting(NamedTuple):
    """The technique's flag and the address family."""

    flag: str
    family: int

    @property
    def addresses(self) -> list[str]:
        return [NEAR.of(self.family), FAR.of(self.family)]

    def __str__(self) -> str:
        return f"{self.flag}-v{self.family}"


@dataclass(frozen=True)
class Pair:
    """What both said."""

    setting: Setting
    theirs: Scan
    ours: Scan

    def matrix(self) -> str:
        """Both said so, condition by condition; differences are marked."""
        keys = sorted(self.theirs.ports.keys() | self.ours.ports.keys())
        lines = [f"{'':2}{self.setting!s:28}{'port':>6} {'nmap':44} ours"]
        for key in keys:
            theirs, ours = (" ".join(scan.ports.get(key, ("nothing",))) for scan in (self.theirs, self.ours))
            mark = "  " if theirs == ours else "! "
            lines.append(f"{mark}{NAMES[key[1]]:28}{key[1]:6} {theirs:44} {ours}")
        return "\n".join(lines)


def reset_loss(net: Network) -> None:
    """The router's firewall anew, so that it begins to count again."""
    lost = conditions.every_nth_lost(20, f"{LOSSY[0]}-{LOSSY[-1]}")
    net.router.firewall(conditions.rules("forward", ROUTER_BASE) + lost)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Every condition in force, at both targets and at the router."""
    files = tmp_path_factory.mktemp("truth")
    host = conditions.rules("input", HOST_BASE) + conditions.stateful()
    with network.build(delay_ms=1.0) as net:
        for node in (net.near, net.far):
            (files / node.role).mkdir()
            servers.furnish(node, files / node.role)
            servers.listen(node, STATEFUL_OPEN)
            servers.serve_udp(node, [22, 80, STATEFUL_OPEN], [SILENT])
            servers.serve_sctp(node, *servers.OPEN, STATEFUL_OPEN)
            node.firewall(host + conditions.mute("7301-7399"))
            servers.respond(node, node.links[0])
        yield net


@pytest.fixture(scope="module", params=[Setting(flag, v) for flag in FLAGS for v in (4, 6)], ids=str)
def pair(request: pytest.FixtureRequest, world: Network) -> Pair:
    """Both scanners' verdicts; each setting is scanned once, both targets in one run."""
    setting: Setting = request.param
    reset_loss(world)
    theirs = nmap(world.scanner, setting.flag, *NMAPS_PACE, "-vv", "-p", ASKED, *setting.addresses)
    reset_loss(world)
    words = [setting.flag, "-Pn", "-p", ASKED, "--all-states", "-oJ", "-", *setting.addresses]
    return Pair(setting, theirs, periplus(world.scanner, *words).scan())


def test_every_port_is_judged_as_by_nmap(pair: Pair) -> None:
    assert set(pair.ours.ports) == {(address, port) for address in pair.setting.addresses for port in NAMES}
    print(pair.matrix())  # pytest shows it when it is asked to, and when the two differ
    assert pair.ours.ports == pair.theirs.ports


def test_and_as_it_is(pair: Pair) -> None:
    column = FLAGS.index(pair.setting.flag)
    wrong = {
        (address, port): pair.ours.ports[address, port]
        for port, letters in TRUTH.items()
        for address in pair.setting.addresses[port in BEHIND_ROUTER :]
        if pair.ours.ports[address, port].state != LETTERS[letters[column]]
    }
    assert wrong == {}, f"\n{pair.matrix()}"


@pytest.fixture(scope="module")
def rationed(world: Network) -> dict[Setting, tuple[Scan, Scan]]:
    """What we say without the ration, and with it: several at once, so that they also take it from each other."""

    def said(setting: Setting) -> Scan:
        words = [setting.flag, "-Pn", "-p", REFUSING, "--all-states", "-oJ", "-", NEAR.of(setting.family)]
        return periplus(world.scanner, *words, patience=120).scan()

    settings = [Setting(flag, family) for flag in FLAGS for family in (4, 6)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        free = list(pool.map(said, settings))
        world.near.settings(RATIONED)
        poor = list(pool.map(said, settings))
        world.near.settings(UNLIMITED)
    return dict(zip(settings, zip(free, poor, strict=True), strict=True))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("flag", FLAGS)
def test_rationed_errors_make_nothing_untrue(
    rationed: dict[Setting, tuple[Scan, Scan]], flag: str, family: int
) -> None:
    free, poor = (scan.ports for scan in rationed[Setting(flag, family)])
    [technique] = [each for each in techniques() if each.flag == flag]
    state, reason = technique.silence
    silence = Verdict(state.word, reason.word)
    assert poor.keys() == free.keys()
    assert {port: verdict for port, verdict in poor.items() if verdict not in (free[port], silence)} == {}


def test_nothing_honest_is_discarded(pair: Pair) -> None:
    several = {"duplicate"} if pair.setting.flag == "-sU" else set()  # a port may have several payloads
    assert set(pair.ours.summary["discarded"]) <= several


@pytest.mark.parametrize("flag", ["-sF", "-sM"])
def test_a_stack_that_resets_everything_is_noted(world: Network, flag: str) -> None:
    words = ["-Pn", "--all-states", "-oJ", "-", NEAR.v4]
    noted = periplus(world.scanner, flag, "-p7301-7302", *words).scan()
    assert noted.of("closed") == {7301, 7302}
    assert noted.notes[NEAR.v4] == [ALL_RESET]
    assert not periplus(world.scanner, flag, "-p7301-7303", *words).scan().notes[NEAR.v4]
    assert not periplus(world.scanner, "-sS", "-p7302,7305", *words).scan().notes[NEAR.v4]


@pytest.mark.parametrize("flag", ["-sY", "-sZ"])
@pytest.mark.parametrize("address", ["198.18.1.254", "2001:db8:0:1::fe"])
def test_a_host_without_sctp(world: Network, address: str, flag: str) -> None:
    """The router: its kernel says that it does not know the protocol, in each family's words."""
    theirs = nmap(world.scanner, flag, "-p", "22,79", address)
    ours = periplus(world.scanner, flag, "-Pn", "-p22,79", "--all-states", "-oJ", "-", address).scan()
    assert ours.ports == theirs.ports
    assert ours.of("filtered") == {22, 79}
