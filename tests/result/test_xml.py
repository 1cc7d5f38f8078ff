import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from libnmap.parser import NmapParser
from lxml import etree
from tests.result.examples import (
    OPTIONS,
    Memory,
    closed_host,
    down_host,
    host,
    listed_host,
    mixed_host,
    nasty_runs,
    os_host,
    passive_host,
    protocols_host,
    protocols_run,
    run,
    run_of_none,
    run_of_several,
    small_host,
    summary,
    tarpit_host,
    traced_host,
    usual_host,
    written,
)

from periplus.result.formats import XML
from periplus.result.row import Hop, HostReport, RunRow, SummaryRow, Trace
from periplus.result.writer import Options

DTD = Path("/usr/share/nmap/nmap.dtd")
NDIFF = shutil.which("ndiff")

needs_dtd = pytest.mark.skipif(
    not DTD.exists(), reason="Debian's nmap, which brings the DTD, is not installed"
)
needs_ndiff = pytest.mark.skipif(NDIFF is None, reason="Debian's ndiff is not installed")

VERBOSE = replace(OPTIONS, verbose=1, reason=True)
SLOW = replace(small_host(), timed_out=True, notes=("answers stopped", "printer ports were left out"))

VARIANTS = {
    "empty": written(XML),
    "usual": written(XML, usual_host()),
    "mixed": written(XML, mixed_host()),
    "closed": written(XML, closed_host()),
    "no ports": written(XML, host()),
    "IPv6": written(XML, small_host("2001:db8::2")),
    "down": written(XML, down_host(), options=VERBOSE),
    "open only": written(XML, small_host(), closed_host(), options=replace(OPTIONS, open_only=True)),
    "traced": written(XML, traced_host()),
    "on-link": written(XML, replace(small_host(), trace=Trace((Hop(1, "198.18.0.2", 0.1),)))),
    "vendor": written(XML, host(mac="00:53:00:00:00:0A", vendor='Made-Up "Works" & <Co>')),
    "timed out": written(XML, SLOW),
    "tarpit": written(XML, tarpit_host(30), tarpit_host()),
    "protocols": written(XML, protocols_host(255), run_row=protocols_run()),
    "connect": written(XML, run_row=run(technique="connect")),
    "sctp-init": written(XML, run_row=run(technique="sctp-init")),
    "unheard-of technique": written(XML, run_row=run(technique="carrier-pigeon")),
    "several techniques": written(XML, mixed_host(), run_row=run_of_several()),
    "operating system": written(XML, os_host(), os_host(matches=()), os_host(open_port=None)),
    "in passing": written(XML, passive_host(), passive_host(matches=())),
    "only found": written(XML, host(), run_row=run_of_none()),
    "listed": written(XML, listed_host(), run_row=run_of_none()),
    "interrupted": written(XML, usual_host(), summary_row=summary("interrupted")),
    "error": written(XML, summary_row=summary("error", "the interface went down")),
}


def validate(text: str) -> etree._Element:
    """Hold the document against Nmap's DTD; the message names the first fault."""
    root = etree.fromstring(text.encode())
    with DTD.open("rb") as file:
        dtd = etree.DTD(file)
    assert dtd.validate(root), dtd.error_log.filter_from_errors()
    return root


@needs_dtd
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_validates(name: str) -> None:
    validate(VARIANTS[name])


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_loads_in_python_libnmap(name: str) -> None:
    report = NmapParser.parse_fromstring(VARIANTS[name])
    assert report.version == "0.1.0"
    assert report.hosts_total == 2


@needs_dtd
def test_what_stands_before_the_end_validates_with_its_tail() -> None:
    sink = Memory()
    writer = XML.factory(sink, OPTIONS)
    writer.begin(run())
    validate(sink.text)
    for each in (usual_host(), down_host(), mixed_host()):
        writer.host(each)
        root = validate(sink.text)
        assert root.find("runstats/finished").get("exit") == "error"
        assert "had not ended" in root.find("runstats/finished").get("errormsg")
    assert dict(root.find("runstats/hosts").attrib) == {"up": "2", "down": "1", "total": "3"}


def test_libnmap_reads_ports_reasons_and_names() -> None:
    found = NmapParser.parse_fromstring(VARIANTS["usual"]).hosts[0]
    assert (found.address, found.status, found.hostnames) == (
        "198.18.0.2",
        "up",
        ["web.example", "a.example"],
    )
    assert found.get_open_ports() == [(22, "tcp"), (80, "tcp"), (443, "tcp")]
    service = found.get_service(22)
    assert (service.service, service.reason, service.reason_ttl) == ("ssh", "syn-ack", "64")


def test_folded_ports_are_counted_with_reasons_and_numbers() -> None:
    root = etree.fromstring(VARIANTS["mixed"].encode())
    extra = [(each.get("state"), each.get("count")) for each in root.iter("extraports")]
    assert extra == [("closed", "101"), ("filtered", "50")]
    assert [dict(each.attrib) for each in root.iter("extrareasons")] == [
        {"reason": "reset", "count": "100", "proto": "tcp", "ports": "1-100"},
        {"reason": "port-unreach", "count": "1", "proto": "udp", "ports": "53"},
        {"reason": "no-response", "count": "40", "proto": "tcp", "ports": "101-140"},
        {"reason": "host-unreach", "count": "10", "proto": "tcp", "ports": "141-150"},
    ]
    assert root.find("host/address[@addrtype='mac']").get("addr") == "02:00:00:00:00:0A"


def test_the_vendor_is_told_where_there_is_one() -> None:
    found = [
        dict(etree.fromstring(VARIANTS[name].encode()).find("host/address[@addrtype='mac']").attrib)
        for name in ("vendor", "mixed")
    ]
    assert [each.get("vendor") for each in found] == ['Made-Up "Works" & <Co>', None]
    assert NmapParser.parse_fromstring(VARIANTS["vendor"]).hosts[0].vendor == 'Made-Up "Works" & <Co>'


def test_a_router_is_named_and_silence_has_no_ttl() -> None:
    root = etree.fromstring(written(XML, small_host()).encode())
    states = {each.get("portid"): each.find("state") for each in root.iter("port")}
    assert states["25"].get("reason_ip") == "198.18.0.254"
    assert states["9999"].get("reason_ttl") == "0"
    assert states["22"].get("reason_ip") is None
    assert root.find("host/times").attrib == {"srtt": "110", "rttvar": "20", "to": "100000"}


def test_the_way_is_written_as_by_nmap() -> None:
    trace = etree.fromstring(VARIANTS["traced"].encode()).find("host/trace")
    assert dict(trace.attrib) == {"port": "22", "proto": "tcp"}
    assert [dict(hop.attrib) for hop in trace] == [
        {"ttl": "1", "ipaddr": "198.18.1.254", "rtt": "0.05", "host": "gate.example"},
        {"ttl": "4", "ipaddr": "198.18.3.254", "rtt": "--"},
        {"ttl": "5", "ipaddr": "198.18.0.2", "rtt": "12.50"},
    ]


def test_open_hides_hosts_and_ports_that_are_not_open() -> None:
    root = etree.fromstring(VARIANTS["open only"].encode())
    assert [each.get("portid") for each in root.iter("port")] == ["22"]
    assert len(root.findall("host")) == 1


def test_down_hosts_are_written_with_v_only() -> None:
    assert "<host " not in written(XML, down_host())
    assert '<status state="down" reason="no-response"' in VARIANTS["down"]


def test_every_technique_has_its_line() -> None:
    found = {
        name: [dict(each.attrib) for each in etree.fromstring(VARIANTS[name].encode()).findall("scaninfo")]
        for name in ("several techniques", "only found", "unheard-of technique")
    }
    assert found["several techniques"] == [
        {"type": "syn", "protocol": "tcp", "numservices": "2", "services": "22,80"},
        {"type": "udp", "protocol": "udp", "numservices": "3", "services": "53,161-162"},
    ]
    assert (found["only found"], found["unheard-of technique"]) == ([], [])


def test_a_listed_host_is_of_unknown_state() -> None:
    root = etree.fromstring(VARIANTS["listed"].encode())
    assert dict(root.find("host/status").attrib) == {
        "state": "unknown",
        "reason": "user-set",
        "reason_ttl": "0",
    }
    assert root.find("host/hostnames/hostname").get("name") == "x.example"
    assert root.find("host/ports") is None


@pytest.mark.parametrize(
    ("name", "exit_", "message"),
    [
        ("usual", "success", None),
        ("interrupted", "error", "interrupted"),
        ("error", "error", "the interface went down"),
    ],
)
def test_the_exit_is_one_that_the_dtd_knows(name: str, exit_: str, message: str | None) -> None:
    finished = etree.fromstring(VARIANTS[name].encode()).find("runstats/finished")
    assert (finished.get("exit"), finished.get("errormsg")) == (exit_, message)


@needs_dtd
@given(nasty_runs())
def test_hostile_text_breaks_nothing(nasty: tuple[RunRow, HostReport, SummaryRow, Options]) -> None:
    run_row, report, summary_row, options = nasty
    text = written(XML, report, options=options, run_row=run_row, summary_row=summary_row)
    assert text.replace("\n", "").isprintable()
    root = validate(text)
    assert len(root.findall("host")) == 1
    assert len(root.findall("host/hostnames/hostname")) == 2
    assert len(NmapParser.parse_fromstring(text).hosts) == 1


@needs_ndiff
def test_ndiff_compares_two_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(VARIANTS["usual"])
    (tmp_path / "b.xml").write_text(written(XML, replace(small_host(), names=(("web.example", "user"),))))
    command = [str(NDIFF), str(tmp_path / "a.xml"), str(tmp_path / "b.xml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "-Not shown: 997 closed ports" in done.stdout
    assert "+25/tcp   filtered" in done.stdout
    same = subprocess.run([*command[:2], command[1]], capture_output=True, text=True, timeout=30, check=False)
    assert (same.returncode, same.stdout) == (0, "")


def test_protocols_are_ports_of_ip() -> None:
    text = written(XML, protocols_host(), run_row=protocols_run())
    assert '<scaninfo type="ipproto" protocol="ip" numservices="256" services="0-255"/>' in text
    assert '<port protocol="ip" portid="6"><state state="open" reason="proto-response"' in text


@pytest.mark.parametrize(
    ("technique", "word"), [("sctp-init", "sctpinit"), ("sctp-cookie", "sctpcookieecho")]
)
def test_techniques_have_the_words_of_the_dtd(technique: str, word: str) -> None:
    assert f'<scaninfo type="{word}"' in written(XML, run_row=run(technique=technique))


def test_accepting_ports_are_extra_ports_that_are_open() -> None:
    tree = etree.fromstring(VARIANTS["tarpit"].encode())
    found = tree.findall("host")[1]
    [extra] = found.findall("ports/extraports")
    assert (extra.get("state"), extra.get("count")) == ("open", "998")
    assert extra.find("extrareasons").get("ports") == "1-21,23-79,81-1000"
    assert [port.get("portid") for port in found.findall("ports/port")] == ["22", "80", "1001"]
    assert found.get("comment") == "all of it is one thing"
