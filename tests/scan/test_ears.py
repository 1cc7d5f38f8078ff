"""UDP ports are identified from what they said to the scan: whole scans in virtual time."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from tests.scan.runs import KEY, NEAR, NEAR6, OURS, PATHS, Run, config_of, mac, services, space_of
from tests.sim.frames import DROPPED, UNREACHABLE4, UNREACHABLE6, Behaviour, Datagram, Host, Path, Wire
from tests.wire.test_said import ME4, THEM4, udp
from tests.wire.twins import ip4

from periplus.engine.engine import Engine, Limits
from periplus.engine.replies import Replies
from periplus.identify.driver.driver import Port
from periplus.identify.model import Over
from periplus.identify.service import Came, Service
from periplus.scan.config import Identify
from periplus.scan.ears import UdpEar, UdpMemory, openings
from periplus.scan.identifying import IdentifyLink
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.technique.verdict import State
from periplus.transport.neighbours import Resolver
from periplus.wire.packets import WIDE, Packets
from periplus.wire.udp import UdpProbe

if TYPE_CHECKING:
    from collections.abc import Callable

    from periplus.scan.identifier import Identifier

PROBE = UdpProbe({53: (b"query",), 123: (b"v3", b"v4"), 69: (b"read",)}, {69: (b"\0\3", b"\0\5")})
TECHNIQUE = replace(UDP, probe=PROBE)
LONG = bytes(range(256)) * 5


@dataclass
class Known:
    """Identifies at once, and remembers what it was given."""

    asked: list[Port] = field(default_factory=list)
    come: list[Service] = field(default_factory=list)

    def submit(self, port: Port) -> None:
        self.asked.append(port)
        self.come.append(Service(port.address, port.port, port.over, Came.SILENT))

    def poll(self) -> list[Service]:
        come, self.come = self.come, []
        return come

    def close(self) -> None:
        """Nothing is open."""


def identified(
    wire: Wire, hosts: list[str], ports: list[int], behind: bytes = b""
) -> dict[tuple[str, int], Port]:
    """What is handed to identification of each port."""
    wire.width = WIDE
    known, memory, space = Known(), UdpMemory(PROBE.payloads, behind), space_of(hosts, ports)
    ear = UdpEar(space, TECHNIQUE.table, memory)
    link = RawLink(space, Menu((TECHNIQUE,)), PATHS, wire, OURS, KEY, wire.clock.now_us, Resolver(), ear=ear)
    config = replace(config_of(space, technique=TECHNIQUE), identify=Identify())
    opened = cast("Callable[[], Identifier]", lambda: known)
    links = Links((link,), identify=IdentifyLink(opened), memory=memory)
    run = Run()
    Loop(config, links, run, wire.clock, services, Naming(reverse=False), lambda: False).run()
    found = {(each.address, each.port): each for each in known.asked}
    assert run.open >= {where for where, port in found.items() if port.heard}
    return found


def test_what_a_port_said_goes_to_identification_with_what_it_was_asked() -> None:
    four: dict[int, Behaviour] = {
        53: Datagram(LONG, b"query"),
        69: Datagram(b"\0\5\0\1none", port=40_000),
        123: Datagram(b"time", b"v4"),
        7: Datagram(b"echo", b""),
        8: Datagram(b""),
        9: DROPPED,
    }
    hosts = {
        NEAR: Host(dict(four), UNREACHABLE4, mac(2)),
        NEAR6: Host({53: Datagram(b"six")}, UNREACHABLE6, mac(3)),
    }
    found = identified(Wire(hosts), [NEAR, NEAR6], [*four, 10])
    assert {where: (port.asked, port.heard) for where, port in found.items()} == {
        (NEAR, 53): ((b"query",), (LONG,)),
        (NEAR, 69): ((b"read",), (b"\0\5\0\1none",)),
        (NEAR, 123): ((b"v3", b"v4"), (b"time",)),
        (NEAR, 7): ((b"",), (b"echo",)),
        (NEAR, 8): ((), ()),
        (NEAR, 9): ((), ()),
        (NEAR6, 53): ((b"query",), (b"six",)),
    }
    assert {port.over for port in found.values()} == {Over.UDP}


@pytest.mark.parametrize("path", [Path(copies=3), Path(loss=0.3, jitter_us=5_000)])
def test_it_is_heard_once_however_often_it_comes(path: Path) -> None:
    crowd = {
        f"198.18.0.{last}": Host({53: Datagram(bytes([last]))}, DROPPED, mac(last)) for last in range(10, 60)
    }
    found = identified(Wire(crowd, path=path), [*crowd], [53])
    told = {where: port.heard for where, port in found.items() if port.heard}
    assert len(told) > len(crowd) * 3 // 4
    assert told == {(addr, 53): (bytes([int(addr.rpartition(".")[2])]),) for addr, _ in told}


def test_data_behind_the_payload_were_asked_as_well() -> None:
    wire = Wire({NEAR: Host({53: Datagram(b"yes")}, UNREACHABLE4, mac(2))})
    assert identified(wire, [NEAR], [53], b"data")[NEAR, 53].asked == (b"querydata",)


def test_of_several_payloads_of_a_port_all_answers_are_heard_and_no_more() -> None:
    memory = UdpMemory({123: (b"v3", b"v4")})
    space = space_of([NEAR], [53, 123])
    engine = Engine(space, TECHNIQUE.table, config_of(space).timing, 7, 0, Limits())
    [group] = engine.step(0, {}).opened
    opens = int(np.flatnonzero(TECHNIQUE.table.state == State.OPEN)[0])
    said = [(123, b"one"), (53, b"two"), (123, b"three"), (53, b"four"), (123, b"five")]
    packets = Packets.of_bytes([ip4(THEM4, ME4, 17, udp(each)) for _, each in said])
    cell = np.array([int(port == 123) for port, _ in said])
    few = np.zeros(5, np.uint8)
    replies = Replies(cell, np.full(5, opens, np.uint16), few, few, np.zeros(5, np.int64), row=np.arange(5))
    UdpEar(space, TECHNIQUE.table, memory).listen(engine, packets, {group.number: replies})
    assert memory.recall(NEAR, 123) == ((b"v3", b"v4"), (b"one", b"three"))
    assert memory.recall(NEAR, 53) == ((b"",), (b"two",))


def test_only_unanswered_cells_open() -> None:
    space = space_of([NEAR], [53, 69, 123])
    engine = Engine(space, TECHNIQUE.table, config_of(space).timing, 7, 0, Limits())
    [group] = engine.step(0, {}).opened
    opens = int(np.flatnonzero(TECHNIQUE.table.state == State.OPEN)[0])
    cell = np.array([2, 1, 2, 0])
    group.cells.state[0] = State.OPEN
    few = np.zeros(4, np.uint8)
    replies = Replies(cell, np.full(4, opens, np.uint16), few, few, np.zeros(4, np.int64), row=np.arange(4))
    [(_, cells, rows)] = openings(engine, TECHNIQUE.table, {group.number: replies})
    assert (cells.tolist(), rows.tolist()) == ([1, 2, 2], [1, 0, 2])
    assert not list(openings(engine, TECHNIQUE.table, {group.number: replace(replies, row=None)}))
