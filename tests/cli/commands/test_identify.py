"""``periplus identify`` on the loopback, with ordinary sockets."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.scan.test_identifier import LOCAL, greeting

from periplus.cli.commands import identify, scan
from periplus.errors import UsageError


@pytest.fixture(autouse=True)
def unprivileged(monkeypatch: pytest.MonkeyPatch) -> None:
    """No raw packets, whoever runs the tests."""
    monkeypatch.setattr(scan, "can_send_raw", lambda: False)


def test_it_says_who_answers_and_why(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    with greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, _):
        endpoint = f"{LOCAL}:{port}"
        assert identify.main(["-n", endpoint, "--explain", endpoint, "-oJ", str(rows)]) == 0
    shown = capfd.readouterr().out
    assert "OpenSSH 1.2.3" in shown
    assert f"How {LOCAL} port {port}/tcp was identified: ssh" in shown
    [service] = [row for row in map(json.loads, rows.read_text().splitlines()) if row["type"] == "service"]
    assert (service["service"], service["product"], service["port"]) == ("ssh", "OpenSSH", port)


def test_it_lists_the_ports_that_were_asked_and_no_others(tmp_path: Path) -> None:
    """Targets with ports of their own have no use for the usual thousand."""
    xml = tmp_path / "run.xml"
    with greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, _):
        assert identify.main(["-n", f"{LOCAL}:{port}", f"{LOCAL}:9", "-oX", str(xml)]) == 0
    [info] = ET.parse(xml).getroot().iter("scaninfo")
    assert (info.get("numservices"), info.get("services")) == ("2", f"9,{port}")


def test_what_is_not_asked_cannot_be_explained_and_nothing_is_sent() -> None:
    with greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, heard):
        with pytest.raises(UsageError, match=f"--explain {LOCAL}:{port - 1}: that port is not among"):
            identify.main(["-n", f"{LOCAL}:{port}", "--explain", f"{LOCAL}:{port - 1}"])
        assert not heard


def test_it_has_a_help_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert identify.main(["--help"]) == 0
    assert capfd.readouterr().out.startswith("usage: periplus identify [OPTIONS] HOST:PORT ...\n")
    with pytest.raises(UsageError, match='see "periplus identify --help"'):
        identify.main([])
