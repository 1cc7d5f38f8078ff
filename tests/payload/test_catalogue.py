"""Payloads are found, not listed; and what holds for all of them."""

import ast
import pkgutil
import re
from itertools import pairwise
from pathlib import Path

import pytest
from tests.payload.page import PAGE, page
from tests.payload.reading import payload

import periplus.payload
from periplus.payload.catalogue import by_port, payloads
from periplus.payload.model import Payload

ALL = tuple(payloads())
PRINTED = range(9100, 9108)  # what printers print as it comes
HELPERS = {"ber", "catalogue", "model", "text"}
FRAGILE = {
    "bacnet", "bacnet-who-is", "crestron", "digi-addp", "ethernet-ip", "gige-vision", "knx-description", "knx-search",
    "lantronix", "moxa-nport", "omron-fins",
}  # fmt: skip


def services_in_source(path: Path) -> list[str]:
    """What a file's text names as services: the catalogue could only lose them."""
    return [
        ast.literal_eval(keyword.value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "service"
    ]


def test_every_file_is_found() -> None:
    folder = Path(periplus.payload.__path__[0])
    named = {path.stem: services_in_source(path) for path in folder.glob("*.py")}
    modules = {module.name for module in pkgutil.iter_modules(periplus.payload.__path__)}
    assert {stem for stem, services in named.items() if not services} == HELPERS | {"__init__"}
    assert set(named) == modules | {"__init__"}
    assert sorted(service for services in named.values() for service in services) == [
        each.service for each in ALL
    ]


def test_there_are_many_services_and_no_two_of_one_name() -> None:
    names = [each.service for each in ALL]
    assert len(set(names)) == len(names) >= 60
    assert names == sorted(names)


@pytest.mark.parametrize("each", ALL, ids=[each.service for each in ALL])
def test_every_payload_is_well_formed(each: Payload) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each.service)
    assert each.ports
    assert all(0 < port < 65536 for port in each.ports)
    assert all(low < high for low, high in pairwise(each.ports))
    assert 0 < len(each.data) <= 1200
    assert each.source
    assert not set(each.ports) & set(PRINTED)


def test_no_two_payloads_say_the_same_to_one_port() -> None:
    said = [(port, each.data) for each in ALL for port in each.ports]
    assert len(set(said)) == len(said)


def test_fragile_equipment_is_asked_only_on_demand() -> None:
    assert {each.service for each in ALL if each.careful} == FRAGILE
    assert {each.service for group in by_port(careful=False).values() for each in group}.isdisjoint(FRAGILE)
    assert 47808 not in by_port(careful=False)
    assert by_port(careful=True)[47808] == (payload("bacnet"), payload("bacnet-who-is"))


@pytest.mark.parametrize("careful", [False, True])
def test_by_port_holds_each_payload_at_each_of_its_ports(careful: bool) -> None:
    table = by_port(careful)
    pairs = [(port, each) for port, group in table.items() for each in group]
    wanted = [(port, each) for each in ALL for port in each.ports if careful or not each.careful]
    assert len(pairs) == len(wanted)
    assert set(pairs) == set(wanted)
    assert list(table) == sorted(table)
    assert not set(table) & set(PRINTED)


def test_a_port_s_payloads_are_in_order() -> None:
    assert [each.service for each in by_port(careful=False)[161]] == ["snmp-v1", "snmp-v2c", "snmp-v3"]


def test_silent_services_get_none() -> None:
    assert not {9, 514, 2055, 6343} & set(by_port(careful=True))


def test_the_page_of_payloads_is_what_the_library_holds() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
