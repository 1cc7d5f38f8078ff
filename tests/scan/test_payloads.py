"""Which ports get payloads: printers never, fragile equipment only when it was named."""

import pytest

from periplus.payload import catalogue
from periplus.payload.model import Payload
from periplus.scan import payloads
from periplus.scan.payloads import udp_probe
from periplus.space.fragile import FRAGILE, PRINTERS

READ = Payload("tftp", (69,), b"read", "RFC 1350", elsewhere=(b"\0\5", b"\0\3"))
DNS = Payload("dns", (53,), b"name?", "RFC 1035")
ECHO = Payload("echo", (7, 9100), b"echo", "RFC 862")
PLC = Payload("plc", (53, 47_808), b"plc", "a specification", careful=True)


@pytest.fixture
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_port(careful: bool) -> dict[int, tuple[Payload, ...]]:
        usual: dict[int, tuple[Payload, ...]] = {53: (DNS,), 7: (ECHO,), 9100: (ECHO,)}
        return usual | {53: (DNS, PLC), 47_808: (PLC,)} if careful else usual

    monkeypatch.setattr(payloads, "by_port", by_port)


@pytest.mark.usefixtures("_library")
def test_fragile_equipment_is_asked_only_by_name() -> None:
    assert udp_probe(()).payloads == {53: (b"name?",), 7: (b"echo",)}
    assert udp_probe({47_808}).payloads == {53: (b"name?",), 7: (b"echo",), 47_808: (b"plc",)}
    assert udp_probe({53, 99}).payloads[53] == (b"name?", b"plc")


@pytest.mark.usefixtures("_library")
def test_printers_get_nothing_even_by_name() -> None:
    assert not set(PRINTERS) & set(udp_probe(set(PRINTERS)).payloads)


def test_some_services_answer_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "by_port", lambda careful: {53: (DNS,), 69: (READ, DNS, READ)})
    assert udp_probe(()).elsewhere == {69: (b"\0\5", b"\0\3")}


def test_the_library_is_used() -> None:
    assert udp_probe(()).payloads[53]
    assert udp_probe(()).elsewhere[69]
    assert not set(PRINTERS) & set(udp_probe(range(65_536)).payloads)


def test_no_fragile_port_gets_a_payload_that_was_not_named() -> None:
    assert not FRAGILE & set(udp_probe(()).payloads)
    assert set(udp_probe({47_808, 44_818}).payloads) & FRAGILE == {47_808, 44_818}


def test_what_is_careful_is_meant_for_fragile_ports() -> None:
    """One list says which these are: a payload that needs care has no port beyond it."""
    assert {port for each in catalogue.payloads() if each.careful for port in each.ports} <= FRAGILE
