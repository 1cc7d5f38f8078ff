"""Words on services, and that each format has them."""

import json
from dataclasses import replace

import pytest
from lxml import etree
from tests.result.examples import OPTIONS, written
from tests.result.served import HTTPS, SILENT, SSH, served_host
from tests.result.test_ndjson import lines_of

from periplus.findings import Detail, Passage, Way
from periplus.result.formats import CSV, GREPABLE, NDJSON, NORMAL, XML
from periplus.result.row import ServiceRow
from periplus.result.services import by_port, host_facts, nmap_cpe, nmap_name, version_text


@pytest.mark.parametrize(
    ("service", "table", "name"),
    [
        (None, "http", "http"),
        (None, None, None),
        (SSH, "ssh", "ssh"),
        (HTTPS, "https", "ssl/http"),
        (replace(HTTPS, name="smtp", tls={"version": "TLSv1.3", "starttls": True}), None, "smtp"),
        (SILENT, "http", "http?"),
        (SILENT, None, "unknown?"),
        (replace(SILENT, tls={"version": "TLSv1.2"}), "https", "ssl/https?"),
    ],
)
def test_names(service: ServiceRow | None, table: str | None, name: str | None) -> None:
    assert nmap_name(service, table) == name


@pytest.mark.parametrize(
    ("service", "text"),
    [
        (None, ""),
        (SSH, "OpenSSH 9.2p1 (Debian 2+deb12u3)"),
        (HTTPS, "nginx"),
        (replace(HTTPS, product=None, info="alone"), "alone"),
        (SILENT, "takes connections and says nothing"),
        (
            replace(SILENT, came="unknown", passages=(Passage(Way.THEIRS, b"\r\nready " + b"x" * 90, 0.1),)),
            f"says something that is not understood: ready {'x' * 34}...",
        ),
        (replace(SILENT, came="unknown"), "says something that is not understood"),
    ],
)
def test_versions(service: ServiceRow | None, text: str) -> None:
    assert version_text(service) == text


def test_what_runs_in_a_server_follows_it() -> None:
    behind: list[Detail] = [
        {"product": "TensorBoard", "rule": "x"},
        {"product": "Grafana", "version": "9.1"},
        {"product": "openssh", "version": "9"},
        "no component",
    ]
    assert version_text(replace(SSH, detail={"components": behind})) == (
        f"{version_text(SSH)}; TensorBoard; Grafana 9.1"
    )


def test_what_services_say_of_their_host() -> None:
    host = served_host(SSH, replace(HTTPS, os="Debian 12", hostname="a.example"))
    assert list(host_facts(host)) == [
        ("Host", "a.example"),
        ("OS", "Debian 12"),
        ("CPE", "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*"),
    ]
    assert by_port(host)["tcp", 22] == SSH


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*", "cpe:/a:openbsd:openssh:9.2p1"),
        (r"cpe:2.3:a:x\:y:z:1.0\+2:*:*:*:*:*:*:*", "cpe:/a:x%3Ay:z:1.0%2B2"),
        ("cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*", "cpe:/o:linux:linux_kernel"),
    ],
)
def test_older_cpe_names(name: str, uri: str) -> None:
    assert nmap_cpe(name) == uri


def test_the_table() -> None:
    text = written(NORMAL, served_host())
    assert "PORT    STATE SERVICE  VERSION\n22/tcp  open  ssh      OpenSSH 9.2p1 (Debian 2+deb12u3)\n" in text
    assert "443/tcp open  ssl/http nginx\n" in text
    assert "Service Info: OS: Debian 12; CPE: cpe:2.3:o:debian" in text


def test_an_explanation_is_shown_where_it_is_wanted() -> None:
    assert "was identified" not in written(NORMAL, served_host())
    for host in ("198.18.0.2", "web.example"):
        wanted = replace(OPTIONS, explained=frozenset({(host, 22)}))
        text = written(NORMAL, served_host(), options=wanted)
        assert "How 198.18.0.2 port 22/tcp was identified: ssh, sure by 0.99" in text
        assert "443/tcp was" not in text


def test_a_port_that_was_not_asked_is_told_and_all_can_be_wanted() -> None:
    wanted = replace(OPTIONS, explained=frozenset({("198.18.0.2", 7), ("198.18.0.9", 8)}))
    text = written(NORMAL, served_host(), options=wanted)
    assert "198.18.0.2 port 7 was not asked who answers there" in text
    assert "port 8" not in text
    everything = written(NORMAL, served_host(), options=replace(OPTIONS, explain_all=True))
    assert [f"port {port}/tcp was" in everything for port in (22, 80, 443)] == [True] * 3


def test_one_line_a_host() -> None:
    text = written(GREPABLE, served_host())
    assert "22/open/tcp//ssh//OpenSSH 9.2p1 (Debian 2+deb12u3)/, 80/open/tcp//http?//" in text
    assert "443/open/tcp//ssl|http//nginx/" in text


def test_rows_of_a_spreadsheet() -> None:
    rows = written(CSV, served_host()).splitlines()
    assert rows[1].split(",")[9] == "ssh"
    assert rows[1].endswith(",OpenSSH,9.2p1,0.99," + " ".join(SSH.cpe) + ",")
    assert rows[3].endswith(",nginx,,0.95,,TLSv1.3")


def test_lines_for_programs() -> None:
    lines = [json.loads(line) for line in written(NDJSON, served_host()).splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds == ["run", "port", "port", "port", "service", "service", "service", "host", "summary"]
    ssh, silent, https = lines[4:7]
    assert (ssh["service"], ssh["version"], ssh["detail"]["kex"]) == ("ssh", "9.2p1", ["one", "two"])
    assert (silent["came"], "service" in silent) == ("silent", False)
    assert https["evidence"]["runner_up"] == {"service": "rtsp", "confidence": 0.3}
    assert https["tls"]["certificate"]["key_bits"] == 2048


def test_what_an_unknown_service_said_is_kept_for_signatures() -> None:
    heard = (
        Passage(Way.THEIRS, b"\x00\xff\x1b", 0.1),
        Passage(Way.OURS, b"we", 0.2),
        Passage(Way.THEIRS, b"x" * 4096, 0.3),
    )
    unknown = replace(SILENT, came="unknown", passages=heard)
    text = written(NDJSON, served_host(unknown, replace(SSH, port=23)))
    services = [row for row in lines_of(text) if row["type"] == "service"]
    assert services[0]["said"] == ("\x00\xff\x1b" + "x" * 4096)[:2048]
    assert "said" not in services[1]
    assert text.isascii()
    assert "\x1b" not in text


def test_nmaps_xml() -> None:
    document = etree.fromstring(written(XML, served_host()).encode())
    service = document.find(".//port[@portid='22']/service")
    assert (service.get("product"), service.get("method"), service.get("conf")) == ("OpenSSH", "probed", "10")
    assert service.find("cpe").text == "cpe:/a:openbsd:openssh:9.2p1"
    assert document.find(".//port[@portid='80']/service").get("method") == "table"
    https = document.find(".//port[@portid='443']")
    assert https.find("service").get("tunnel") == "ssl"
    script = https.find("script[@id='ssl-cert']")
    assert "Subject: commonName=a.example" in script.get("output")
    assert script.find("table[@key='validity']/elem[@key='notAfter']").text == "2027-01-01T00:00:00"


def test_nmaps_xml_of_tls_within_another_protocol_and_of_unknown_services() -> None:
    mail = replace(HTTPS, port=22, name="smtp", tls={**(HTTPS.tls or {}), "starttls": True})
    heard = (Passage(Way.THEIRS, b"\x1b[2Jready", 0.1),)
    unknown = replace(SILENT, port=443, came="unknown", tls=HTTPS.tls, passages=heard)
    document = etree.fromstring(written(XML, served_host(mail, unknown)).encode())
    starttls, inside = (document.find(f".//port[@portid='{port}']") for port in (22, 443))
    assert starttls.find("service").get("tunnel") is None
    assert starttls.find("script[@id='ssl-cert']") is not None
    service = inside.find("service")
    assert (service.get("tunnel"), service.get("method")) == ("ssl", "table")
    assert service.get("servicefp") == "\\x1b[2Jready"
    assert inside.find("script[@id='ssl-cert']") is not None
