"""Rows for the tests of `result`: small hosts, full hosts, and hosts whose every text is hostile."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from periplus.findings import OsClass, OsGuess, SynAck
from periplus.result.row import (
    Crowded,
    Hop,
    HostReport,
    OsMatch,
    OsPassive,
    OsRow,
    PortColumns,
    RunRow,
    ScanRow,
    SummaryRow,
    Tarpit,
    Trace,
)
from periplus.result.sink import Mark
from periplus.result.writer import Format, Options
from periplus.technique.verdict import Reason, State

START = 1795335605.25

Port = tuple[int, State, Reason]


class Names:
    """Services for tests: three known ports, or whatever a test wants to call them."""

    def __init__(self, known: dict[int, str] | None = None) -> None:
        self._known = {22: "ssh", 80: "http", 443: "https"} if known is None else known

    def names(self, ports: Sequence[int], proto: str) -> dict[int, str]:
        """The names of those ports that have one."""
        return {port: self._known[port] for port in ports if port in self._known}


OPTIONS = Options(services=Names())


class Memory:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.body = ""
        self.tail = ""

    def write(self, pieces: Iterable[str], tail: str | None = None) -> None:
        """Keep pieces and tail."""
        self.body += "".join(pieces)
        self.tail = self.tail if tail is None else tail

    def together(self) -> AbstractContextManager[None]:
        """Nothing to do."""
        return nullcontext()

    def refresh(self) -> None:
        """Nothing to do."""

    def mark(self) -> Mark | None:
        """Nobody can go on here."""
        return None

    def close(self) -> None:
        """Nothing to do."""

    @property
    def text(self) -> str:
        """What a file would hold now."""
        return self.body + self.tail


def columns(ports: Sequence[Port], proto: str = "tcp", senders: dict[int, str] | None = None) -> PortColumns:
    """Columns of the given ports; what a reply decided has TTL 64 and 0.12 ms, silence took two tries."""
    silent = np.array([reason is Reason.NO_RESPONSE for _, _, reason in ports], dtype=np.bool_)
    return PortColumns(
        proto=proto,
        ports=np.array([port for port, _, _ in ports], dtype=np.uint16),
        state=np.array([state for _, state, _ in ports], dtype=np.uint8),
        reason=np.array([reason for _, _, reason in ports], dtype=np.uint8),
        ttl=np.where(silent, 0, 64).astype(np.uint8),
        tries=np.where(silent, 2, 1).astype(np.uint8),
        rtt_ms=np.where(silent, np.nan, 0.12).astype(np.float32),
        senders=senders or {},
    )


def host(
    *parts: PortColumns,
    addr: str = "198.18.0.2",
    up: bool = True,
    names: tuple[tuple[str, str], ...] = (),
    mac: str | None = None,
    vendor: str | None = None,
    timed_out: bool = False,
    notes: tuple[str, ...] = (),
) -> HostReport:
    """A finished host with these columns."""
    return HostReport(
        addr=addr,
        up=up,
        reason=Reason.SYN_ACK if up else Reason.NO_RESPONSE,
        columns=parts,
        started=START,
        ended=START + 0.34,
        names=names,
        ttl=64 if up else None,
        srtt_ms=0.11 if up else None,
        rttvar_ms=0.02 if up else None,
        timeout_ms=100.0 if up else None,
        mac=mac,
        vendor=vendor,
        timed_out=timed_out,
        notes=notes,
    )


def usual_ports(last: int) -> list[Port]:
    """Ports 1 to `last`: 22, 80 and 443 are open, the others answer with a reset."""
    found = {port: (port, State.OPEN, Reason.SYN_ACK) for port in (22, 80, 443)}
    return [found.get(port, (port, State.CLOSED, Reason.RESET)) for port in range(1, last + 1)]


def usual_host(last: int = 1000) -> HostReport:
    """The host that one meets most."""
    return host(columns(usual_ports(last)), names=(("web.example", "user"), ("a.example", "PTR")))


def mixed_host() -> HostReport:
    """A host with two folded states, two reasons in one of them, and ports behind a router."""
    ports = [
        *((port, State.CLOSED, Reason.RESET) for port in range(1, 101)),
        *((port, State.FILTERED, Reason.NO_RESPONSE) for port in range(101, 141)),
        *((port, State.FILTERED, Reason.HOST_UNREACH) for port in range(141, 151)),
        (443, State.OPEN, Reason.SYN_ACK),
        (8000, State.OPEN_FILTERED, Reason.NO_RESPONSE),
    ]
    udp = [(53, State.CLOSED, Reason.PORT_UNREACH)]
    return host(columns(ports, senders={141: "198.18.0.254"}), columns(udp, "udp"), mac="02:00:00:00:00:0a")


def small_host(addr: str = "198.18.0.2") -> HostReport:
    """A host so small that nothing of it is folded; one port is refused by a router."""
    ports = [
        (22, State.OPEN, Reason.SYN_ACK),
        (25, State.FILTERED, Reason.ADMIN_PROHIBITED),
        (81, State.CLOSED, Reason.RESET),
        (9999, State.FILTERED, Reason.NO_RESPONSE),
    ]
    return host(columns(ports, senders={25: "198.18.0.254"}), addr=addr)


def traced_host() -> HostReport:
    """A host behind four hops: one of them named, two silent, one whose time is not known."""
    hops = (
        Hop(1, "198.18.1.254", 0.046, ("gate.example", "other.example")),
        Hop(2),
        Hop(3),
        Hop(4, "198.18.3.254"),
        Hop(5, "198.18.0.2", 12.5),
    )
    return replace(small_host(), trace=Trace(hops, "tcp", 22))


def os_host(**fields: Any) -> HostReport:
    """A host whose operating system was looked for, behind one router."""
    linux = OsClass("Linux", "Linux", "5.X", "general purpose", ("cpe:/o:linux:linux_kernel:5",))
    box = OsClass("Example", "embedded", None, "WAP")
    found = OsRow(
        matches=(
            OsMatch("Linux 5.3 - 5.4", 0.9617, 68140, (linux,)),
            OsMatch('Example "Box" <1>', 0.9, 7, (box, replace(linux, generation="4.X"))),
        ),
        guesses=(
            OsGuess("Debian", "Linux", 0.93, ("Linux 5.3 - 5.4 fits by 96%", "ssh at 22/tcp says Debian")),
        ),
        source="nmap-os-db",
        fingerprint="SEQ(SP=102%TI=Z)T2(R=N)",
        open_port=22,
        closed_port=81,
        udp_port=40_125,
        distance=2,
        uptime_s=86_400.0,
        stamp_hz=1000.0,
        difficulty=(258, "Good luck!"),
        ids="Z",
        stamp_class="A",
        values={"seq": (1, 0xABC), "ids": (0, 0), "stamps": (5, 6)},
    )
    return replace(small_host(), os=replace(found, **fields))


def passive_host(**fields: Any) -> HostReport:
    """A host that was told by its SYN-ACK, in passing."""
    linux = OsClass("Linux", "Linux", None, "general purpose", ("cpe:/o:linux:linux_kernel",))
    why = "passive: the SYN-ACK of 22/tcp looks like Linux (TTL 63, window 64240 = 44 x 1460, MSS 1460, DF, IP id 0)"
    matches = fields.pop("matches", (OsMatch("Linux", 0.6, 1, (linux,)),))
    shown = replace(SynAck(22, 63, 64_240, "M", mss=1460, df=True, ip_id=0), **fields)
    found = OsRow(guesses=(OsGuess("Linux", "Linux", 0.6, (why,)),), passive=OsPassive(shown, matches))
    return replace(small_host(), os=found)


def tarpit_host(last: int = 1000) -> HostReport:
    """A host that takes every connection; 22 and 80 are real, and one port is filtered."""
    ports = [
        *((port, State.OPEN, Reason.SYN_ACK) for port in range(1, last + 1)),
        (last + 1, State.FILTERED, Reason.NO_RESPONSE),
    ]
    mine = np.array([port for port in range(1, last + 1) if port not in (22, 80)], np.uint16)
    found = Tarpit(
        "tcp", "silent", mine, last + 1, asked=108, alike=106, controls=4, taken=4, ttl=64, window=1024
    )
    return replace(host(columns(ports), notes=("all of it is one thing",)), tarpit=found)


def crowded_summary() -> SummaryRow:
    """The end of a run that met a network full of such hosts."""
    return replace(summary(), crowded=(Crowded("198.18.2.0/24", 240, 250),))


def closed_host() -> HostReport:
    """A host that is up and has nothing open."""
    return host(columns([(port, State.CLOSED, Reason.RESET) for port in range(1, 41)]))


def down_host() -> HostReport:
    """A host of which nothing came."""
    return host(columns([(80, State.FILTERED, Reason.NO_RESPONSE)]), addr="198.18.0.9", up=False)


def protocols_host(last: int = 6) -> HostReport:
    """A host that speaks ICMP and TCP, does not say whether IGMP, and no other protocol up to `last`."""
    known = {
        1: (1, State.OPEN, Reason.PROTO_RESPONSE),
        2: (2, State.OPEN_FILTERED, Reason.NO_RESPONSE),
        6: (6, State.OPEN, Reason.PROTO_RESPONSE),
    }
    asked = [known.get(each, (each, State.CLOSED, Reason.PROTO_UNREACH)) for each in range(last + 1)]
    return host(columns(asked, "ip"))


def protocols_run() -> RunRow:
    """The beginning of a scan for protocols."""
    return replace(run(), scans=(ScanRow("protocol", "ip", tuple(range(256))),))


def listed_host() -> HostReport:
    """A host that was only named."""
    return HostReport(
        "198.18.0.7", False, Reason.USER_SET, (), START, START, names=(("x.example", "user"),), listed=True
    )


def run_of_several() -> RunRow:
    """The beginning of a run with two techniques."""
    scans = (ScanRow("syn", "tcp", (22, 80)), ScanRow("udp", "udp", (53, 161, 162)))
    return replace(run("scan", "-sS", "-sU", "198.18.0.2"), scans=scans)


def run_of_none() -> RunRow:
    """The beginning of a run that only finds hosts."""
    return replace(run("scan", "-sn", "198.18.0.2"), scans=())


def run(*arguments: str, technique: str = "syn") -> RunRow:
    """The beginning of a run."""
    return RunRow(
        version="0.1.0",
        arguments=arguments or ("scan", "--reason", "-p-", "198.18.0.2"),
        seed=7,
        started=START,
        scans=(ScanRow(technique, "tcp", (*range(1, 101), 443)),),
        targets=1,
    )


def summary(exit_: str = "success", message: str | None = None) -> SummaryRow:
    """The end of a run."""
    return SummaryRow(
        hosts_up=1,
        hosts=2,
        probes=1000,
        replies=998,
        loss=0.002,
        expected_missed_open=0.02,
        seconds=1.5,
        rate=666.7,
        ended=START + 1.5,
        kernel_drops=3,
        discarded={"forged": 2, "truncated": 1},
        exit=exit_,
        message=message,
    )


def written(
    format_: Format,
    *hosts: HostReport,
    options: Options = OPTIONS,
    run_row: RunRow | None = None,
    summary_row: SummaryRow | None = None,
) -> str:
    """What a format writes for a whole run."""
    sink = Memory()
    writer = format_.factory(sink, options)
    writer.begin(run_row or run())
    for each in hosts:
        writer.host(each)
    writer.end(summary_row or summary())
    writer.close()
    return sink.text


NASTY = st.text(
    st.one_of(
        st.sampled_from("\x1b\r\n\t\0\x7f\x9b\u202e\u2028\ud800\ufffe<>&\"'/,()#;=+-@| \\"),
        st.characters(),
    ),
    max_size=20,
)


@st.composite
def nasty_runs(draw: st.DrawFn) -> tuple[RunRow, HostReport, SummaryRow, Options]:
    """A run in which every text that comes from outside is hostile."""
    names = tuple((draw(NASTY), kind) for kind in ("user", "PTR"))
    ports = [*usual_ports(50), (60, State.FILTERED, Reason.HOST_UNREACH)]
    report = host(
        columns(ports, senders={60: "2001:db8::1"}),
        names=names,
        mac="00:53:00:00:00:0A",
        vendor=draw(NASTY),
        notes=(draw(NASTY),),
    )
    report = replace(report, trace=Trace((Hop(1), Hop(2, "2001:db8::1", 0.5, (draw(NASTY),))), "ipv6-icmp"))
    options = Options(Names({22: draw(NASTY), 80: draw(NASTY)}), reason=True, verbose=draw(st.integers(0, 2)))
    return run(draw(NASTY), draw(NASTY)), report, summary("error", draw(NASTY)), options
