"""Which ports get payloads: printers never, fragile equipment only when it was named."""

import pytest

from periplus.payload.model import Payload
from periplus.scan import payloads
from periplus.scan.payloads import PRINTERS, udp_payloads

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
    assert udp_payloads(()) == {53: (b"name?",), 7: (b"echo",)}
    assert udp_payloads({47_808}) == {53: (b"name?",), 7: (b"echo",), 47_808: (b"plc",)}
    assert udp_payloads({53, 99})[53] == (b"name?", b"plc")


@pytest.mark.usefixtures("_library")
def test_printers_get_nothing_even_by_name() -> None:
    assert not set(PRINTERS) & set(udp_payloads(set(PRINTERS)))


def test_the_library_is_used() -> None:
    assert udp_payloads(())[53]
    assert not set(PRINTERS) & set(udp_payloads(range(65_536)))
