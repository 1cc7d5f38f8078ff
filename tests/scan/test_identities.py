"""Reports wait until their services are known, and no longer."""

from dataclasses import dataclass, field, replace

import numpy as np
from tests.result.examples import tarpit_host

from periplus.findings import Passage, Way
from periplus.identify.driver.driver import Port
from periplus.identify.model import Over
from periplus.identify.service import Came, Service
from periplus.result.row import HostReport, PortColumns
from periplus.scan.identities import MOST_SILENT, POLL_US, Identities, row_of
from periplus.scan.stage import NEVER
from periplus.technique.verdict import Reason, State

HOST, OTHER = "198.18.0.2", "198.18.0.3"


@dataclass
class Known:
    """Identifies when the test says so."""

    asked: list[Port] = field(default_factory=list)
    come: list[Service] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def drop(self, address: str) -> None:
        self.dropped.append(address)

    def submit(self, port: Port) -> None:
        self.asked.append(port)

    def poll(self) -> list[Service]:
        come, self.come = self.come, []
        return come


def columns(proto: str, *ports: tuple[int, State]) -> PortColumns:
    ones = np.ones(len(ports), np.uint8)
    numbers, states = zip(*ports, strict=True)
    return PortColumns(
        proto,
        np.array(numbers, np.uint16),
        np.array(states, np.uint8),
        ones,
        ones,
        ones,
        np.ones(len(ports), np.float32),
    )


def report(addr: str, *some: PortColumns, names: tuple[tuple[str, str], ...] = ()) -> HostReport:
    return HostReport(addr, True, Reason.SYN_ACK, some, 1.0, 2.0, names=names)


def service(addr: str, port: int, over: Over = Over.TCP) -> Service:
    return Service(addr, port, over, Came.IDENTIFIED, protocol="ssh", confidence=0.9)


def test_a_host_waits_for_all_of_its_open_ports() -> None:
    known = Known()
    stage = Identities(lambda: known)
    tcp = columns("tcp", (22, State.OPEN), (80, State.CLOSED))
    udp = columns("udp", (53, State.OPEN), (69, State.OPEN_FILTERED))
    waiting, ready = report(HOST, tcp, udp), report(OTHER, columns("tcp", (22, State.FILTERED)))
    stage.ask([waiting, ready])
    asked = [(port.port, port.over) for port in known.asked]
    assert asked == [(22, Over.TCP), (53, Over.UDP), (69, Over.UDP)]
    assert stage.passed() == [ready]
    known.come = [service(HOST, 53, Over.UDP), service(OTHER, 22), service(HOST, 80)]
    assert stage.step(7, alone=False) == 7 + POLL_US
    assert not stage.idle
    assert stage.left == 2
    known.come = [service(HOST, 22), replace(service(HOST, 69, Over.UDP), came=Came.SILENT)]
    assert stage.step(7, alone=False) == NEVER
    [told] = stage.passed()
    assert [(each.proto, each.port) for each in told.services] == [("tcp", 22), ("udp", 53)]
    assert replace(told, services=()) == waiting
    assert stage.idle


def test_a_silent_udp_port_is_open_when_somebody_answers_after_all() -> None:
    known = Known()
    stage = Identities(lambda: known)
    stage.ask([report(HOST, columns("udp", (53, State.OPEN_FILTERED), (69, State.OPEN_FILTERED)))])
    known.come = [service(HOST, 53, Over.UDP), replace(service(HOST, 69, Over.UDP), came=Came.SILENT)]
    stage.step(1, alone=False)
    [told] = stage.passed()
    assert [each.port for each in told.services] == [53]
    assert told.columns[0].state.tolist() == [State.OPEN, State.OPEN_FILTERED]
    assert told.columns[0].reason.tolist() == [Reason.UDP_RESPONSE, 1]


def test_of_many_silent_ports_only_some_are_asked() -> None:
    known = Known()
    silent = tuple((port, State.OPEN_FILTERED) for port in range(1, 1000))
    Identities(lambda: known).ask([report(HOST, columns("udp", *silent))])
    assert len(known.asked) == MOST_SILENT


def test_a_report_that_is_given_up_has_what_is_known() -> None:
    known = Known()
    stage = Identities(lambda: known)
    stage.ask([report(HOST, columns("tcp", (22, State.OPEN), (80, State.OPEN)))])
    known.come = [service(HOST, 80)]
    stage.step(1, alone=True)
    stage.give_up()
    [told] = stage.passed()
    assert [each.port for each in told.services] == [80]
    assert stage.idle


def test_a_host_that_takes_too_long_is_given_up_with_what_is_known() -> None:
    known = Known()
    stage = Identities(lambda: known, host_us=3_000_000)  # of which the scan took a second
    stage.ask([report(HOST, columns("tcp", (22, State.OPEN), (80, State.OPEN)))])
    known.come = [service(HOST, 80)]
    stage.step(5_000_000, alone=True)
    stage.step(6_999_999, alone=True)
    assert (stage.passed(), known.dropped) == ([], [])
    assert stage.step(7_000_000, alone=True) == NEVER
    [told] = stage.passed()
    assert ([each.port for each in told.services], told.timed_out, known.dropped) == ([80], True, [HOST])


def test_names_that_the_user_gave_go_with_the_port_and_printers_are_left_alone() -> None:
    known = Known()
    tcp = columns("tcp", (22, State.OPEN), (9100, State.OPEN))
    Identities(lambda: known).ask([report(HOST, tcp, names=(("web.example", "user"),))])
    assert known.asked == [Port(HOST, 22, name="web.example")]


def test_fragile_ports_are_only_listened_to_unless_they_are_named() -> None:
    known = Known()
    tcp = columns("tcp", (22, State.OPEN), (502, State.OPEN), (2222, State.OPEN))
    Identities(lambda: known, named=frozenset({2222})).ask([report(HOST, tcp)])
    assert [(port.port, port.fragile) for port in known.asked] == [(22, False), (502, True), (2222, False)]


def test_what_something_in_front_accepts_is_not_asked_and_nothing_is_opened_for_it() -> None:
    def never() -> Known:
        raise AssertionError("nobody is to be asked")

    stage = Identities(never)
    host = tarpit_host()
    stage.ask([host])
    assert stage.passed() == [host]
    assert stage.step(1, alone=True) == NEVER


def test_a_service_becomes_a_row() -> None:
    found = replace(
        service(HOST, 22),
        product="OpenSSH",
        cpe=("cpe:2.3:a:x",),
        passages=(Passage(Way.THEIRS, b"SSH-2.0-", 1.5),),
        detail={"x": 1},
    )
    row = row_of(found)
    assert (row.proto, row.port, row.came, row.name, row.product) == (
        "tcp",
        22,
        "identified",
        "ssh",
        "OpenSSH",
    )
    assert (row.cpe, row.detail, row.confidence) == (("cpe:2.3:a:x",), {"x": 1}, 0.9)
    assert [(each.way, each.data, each.at_ms) for each in row.passages] == [("<", b"SSH-2.0-", 1.5)]
