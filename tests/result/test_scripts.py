"""What stands in XML as the output of Nmap's scripts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.result.examples import written
from tests.result.served import CERTIFICATE, HTTPS, SILENT, SSH, served_host
from tests.result.test_xml import needs_dtd, validate

from periplus.findings import Detail
from periplus.result.formats import XML
from periplus.result.row import ServiceRow
from periplus.result.scripts import scripts
from periplus.result.tls import Table

KEY: dict[str, Detail] = {
    "type": "ssh-ed25519",
    "bits": 256,
    "sha256": "SHA256:abc",
    "md5": "00112233445566778899aabbccddeeff",
    "key": "AAAA",
    "verified": True,
}
KEYS = replace(SSH, detail={"host_keys": [KEY, {**KEY, "type": "ecdsa-sha2-nistp256"}], "kex": ["a", "b"]})
NAMED: dict[str, Detail] = {
    **CERTIFICATE,
    "subject": "CN=a.example, O=Maker, Inc., C=DE",
    "key": "EC secp256r1",
    "key_bits": 256,
    "names": ["a.example", "198.18.0.2", "2001:db8::2"],
}
WEB = replace(HTTPS, tls={"certificate": NAMED}, detail={"title": "Hello <world>"})


def found(service: ServiceRow) -> dict[str, tuple[str, Table | list[Table]]]:
    return {name: (text, table) for name, text, table in scripts(service)}


def test_host_keys() -> None:
    text, tables = found(KEYS)["ssh-hostkey"]
    assert text.splitlines() == [
        "",
        "  256 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff (ED25519)",
        "  256 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff (ECDSA)",
    ]
    assert isinstance(tables, list)
    assert tables[0] == {
        "type": "ssh-ed25519",
        "bits": "256",
        "fingerprint": KEY["md5"],
        "sha256": "SHA256:abc",
        "key": "AAAA",
    }


def test_algorithms() -> None:
    text, table = found(KEYS)["ssh2-enum-algos"]
    assert text == "\n  kex_algorithms: (2)\n      a\n      b"
    assert table == {"kex_algorithms": ["a", "b"]}


def test_a_certificate() -> None:
    text, table = found(WEB)["ssl-cert"]
    assert text.splitlines()[:3] == [
        "Subject: commonName=a.example/organizationName=Maker, Inc./countryName=DE",
        "Subject Alternative Name: DNS:a.example, IP Address:198.18.0.2, IP Address:2001:db8::2",
        "Issuer: commonName=b.example",
    ]
    assert isinstance(table, dict)
    assert table["subject"] == {
        "commonName": "a.example",
        "organizationName": "Maker, Inc.",
        "countryName": "DE",
    }
    assert table["pubkey"] == {"type": "ec", "bits": "256"}
    assert table["validity"] == {"notBefore": "2026-01-01T00:00:00", "notAfter": "2027-01-01T00:00:00"}


def test_a_title() -> None:
    assert found(WEB)["http-title"] == ("Hello <world>", {"title": "Hello <world>"})
    assert "http-title" not in found(replace(WEB, name="sip"))


def test_what_has_nothing_to_say() -> None:
    assert found(SILENT) == {}
    assert found(replace(SSH, detail={})) == {}


@needs_dtd
def test_they_validate() -> None:
    root = validate(written(XML, served_host(KEYS, WEB)))
    assert {each.get("id") for each in root.iter("script")} == {
        "ssh-hostkey",
        "ssh2-enum-algos",
        "ssl-cert",
        "http-title",
    }
    [algorithms] = root.xpath("//script[@id='ssh2-enum-algos']/table[@key='kex_algorithms']")
    assert [each.text for each in algorithms] == ["a", "b"]


ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("key", ["host_keys", "kex", "title", "certificate", "subject", "names"])
@given(value=ODD)
def test_facts_of_any_form_make_a_document(key: str, value: Detail) -> None:
    certificate: Detail = value if key == "certificate" else {**NAMED, key: value}
    service = replace(KEYS, detail={**KEYS.detail, key: value}, tls={"certificate": certificate})
    assert etree.fromstring(written(XML, served_host(service)).encode()) is not None
