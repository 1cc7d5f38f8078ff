"""What an audit of TLS looks like in each format, also where its facts have no form."""

from dataclasses import replace

import pytest
from lxml import etree
from tests.result.examples import written
from tests.result.served import HTTPS, SSH, served_host
from tests.result.test_xml import needs_dtd, validate

from periplus.findings import Detail
from periplus.result.formats import NORMAL, XML
from periplus.result.tls import audit_lines, enumerated, listed_ciphers

FACTS: dict[str, Detail] = {
    "grade": "B",
    "reasons": ["TLS 1.0 or 1.1 is accepted", "expires within 21 days"],
    "remarks": ["something else"],
    "versions": ["TLSv1.3", "TLSv1"],
    "ciphers": {"TLSv1.3": ["TLS_A", "TLS_B"], "TLSv1": ["TLS_C"]},
    "preference": {"TLSv1.3": "server"},
    "groups": ["X25519MLKEM768", "x25519"],
    "dh_bits": 1024,
    "jarm": "0" * 62,
    "audit_cut": "it took too long",
}
AUDITED = replace(HTTPS, tls={**(HTTPS.tls or {}), **FACTS})
LINES = (
    "TLS at 443/tcp: grade B, TLS 1.0 or 1.1 is accepted; expires within 21 days\n"
    "  remark: something else\n"
    "  TLSv1.3, 2 suites in the server's order:\n"
    "    TLS_A TLS_B\n"
    "  TLSv1, 1 suite:\n"
    "    TLS_C\n"
    "  groups: X25519MLKEM768 x25519\n"
    "  shortest prime: 1024 bits\n"
    f"  JARM: {'0' * 62}\n"
    "  not all was asked: it took too long\n"
)


def test_lines_below_the_table() -> None:
    assert "".join(audit_lines(AUDITED)) == LINES
    text = written(NORMAL, served_host(SSH, AUDITED))
    assert LINES in text
    assert text.index("443/tcp") < text.index(LINES)


def test_many_suites_are_wrapped() -> None:
    names = [f"TLS_NUMBER_{number}_WITH_A_LONG_NAME" for number in range(30)]
    facts: dict[str, Detail] = {"ciphers": {"TLSv1.2": [*names]}}
    [_, _, *lines] = audit_lines(replace(HTTPS, tls=facts))
    assert all(len(line) <= 101 for line in lines)
    assert " ".join(lines).split() == names


def test_without_an_audit_there_is_nothing() -> None:
    assert list(audit_lines(HTTPS)) == list(audit_lines(SSH)) == []
    assert enumerated(HTTPS) is enumerated(SSH) is None
    assert listed_ciphers(SSH) == {}


@needs_dtd
def test_the_document_validates() -> None:
    validate(written(XML, served_host(SSH, AUDITED)))


def test_the_script_of_nmap_that_lists_ciphers() -> None:
    document = etree.fromstring(written(XML, served_host(SSH, AUDITED)).encode())
    [script] = document.xpath("//script[@id='ssl-enum-ciphers']")
    assert [each.get("key") for each in script.findall("table")] == ["TLSv1.0", "TLSv1.3"]
    names = script.xpath("table[@key='TLSv1.3']/table[@key='ciphers']/table/elem[@key='name']/text()")
    assert names == ["TLS_A", "TLS_B"]
    assert script.xpath("table/elem[@key='cipher preference']/text()") == ["server"]
    assert script.get("output").startswith("\n  TLSv1.0: \n    ciphers: \n      TLS_C\n  TLSv1.3: \n")


@pytest.mark.parametrize(
    "facts",
    [
        {"ciphers": "TLS_A"},
        {"ciphers": {"TLSv1": "TLS_A"}, "preference": [], "groups": {}, "grade": 1, "reasons": None},
        {"ciphers": {"\x1b[31m": ["\x1b", 1, None]}, "preference": {"\x1b[31m": "\x1b"}, "jarm": "\x1b"},
    ],
)
def test_facts_of_another_form(facts: dict[str, Detail]) -> None:
    service = replace(HTTPS, tls=facts)
    assert "\x1b" not in "".join(audit_lines(service))
    assert etree.fromstring(written(XML, served_host(service)).encode()) is not None
