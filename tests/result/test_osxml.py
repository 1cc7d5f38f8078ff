"""The elements of Nmap's XML; that they are valid is in test_xml."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from tests.result.examples import os_host, passive_host

from periplus.result.osxml import os_elements
from periplus.result.row import OsRow


def elements(**fields: object) -> ET.Element:
    host = os_host(**fields)
    assert host.os is not None
    return ET.fromstring(f"<host>{os_elements(host.os, 1_795_335_605.0)}</host>")


def test_what_nmap_would_say() -> None:
    host = elements()
    assert [dict(each.attrib) for each in host.iter("portused")] == [
        {"state": "open", "proto": "tcp", "portid": "22"},
        {"state": "closed", "proto": "tcp", "portid": "81"},
        {"state": "closed", "proto": "udp", "portid": "40125"},
    ]
    first, second = host.iter("osmatch")
    assert dict(first.attrib) == {"name": "Linux 5.3 - 5.4", "accuracy": "96", "line": "68140"}
    assert second.attrib["name"] == 'Example "Box" <1>'
    [linux] = first.iter("osclass")
    assert linux.attrib == {
        "type": "general purpose",
        "vendor": "Linux",
        "osfamily": "Linux",
        "osgen": "5.X",
        "accuracy": "96",
    }
    assert [each.text for each in linux.iter("cpe")] == ["cpe:/o:linux:linux_kernel:5"]
    assert {each.tag: dict(each.attrib) for each in host if each.tag != "os"} == {
        "uptime": {"seconds": "86400", "lastboot": "Sat Nov 21 08:20:05 2026"},
        "distance": {"value": "2"},
        "tcpsequence": {"index": "258", "difficulty": "Good luck!", "values": "1,ABC"},
        "ipidsequence": {"class": "All zeros", "values": "0,0"},
        "tcptssequence": {"class": "1000HZ", "values": "5,6"},
    }


def test_the_fingerprint_is_there_where_nothing_fits() -> None:
    [found] = elements(matches=()).iter("osfingerprint")
    assert found.attrib["fingerprint"] == "SEQ(SP=102%TI=Z)T2(R=N)"
    assert not list(elements().iter("osfingerprint"))


def test_what_a_syn_ack_speaks_for_is_there_where_nobody_asked() -> None:
    passive, odd = passive_host().os, passive_host(matches=()).os
    assert passive is not None
    assert odd is not None
    host = ET.fromstring(f"<host>{os_elements(passive, 1.0)}</host>")
    assert [dict(each.attrib) for each in host.iter("portused")] == [
        {"state": "open", "proto": "tcp", "portid": "22"}
    ]
    assert [dict(each.attrib) for each in host.iter("osmatch")] == [
        {"name": "Linux", "accuracy": "60", "line": "1"}
    ]
    assert os_elements(odd, 1.0) == ""
    assert os_elements(replace(passive, open_port=81, matches=()), 1.0).count("osmatch") == 0


def test_a_host_that_was_not_asked_has_none() -> None:
    assert os_elements(OsRow(why="no TCP port was found open"), 1.0) == ""
