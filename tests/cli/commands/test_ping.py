"""``periplus ping`` on the loopback, with ordinary sockets."""

import json
import socket
from pathlib import Path

import pytest

from periplus.cli.commands import ping, scan
from periplus.errors import UsageError

HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def unprivileged(monkeypatch: pytest.MonkeyPatch) -> None:
    """No raw packets, whoever runs the tests."""
    monkeypatch.setattr(scan, "can_send_raw", lambda: False)


def test_it_finds_a_host_and_says_why_and_names_no_port(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        assert ping.main(["-n", HOST, f"-PS{listener.getsockname()[1]}"]) == 0
    shown = capfd.readouterr().out
    assert f"Periplus scan report for {HOST}\nHost is up, received syn-ack" in shown
    assert "PORT" not in shown
    assert "1 host up" in shown


def test_its_rows_are_those_of_a_run_without_scans(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    assert ping.main(["-n", HOST, "-oJ", str(file)]) == 0
    begin, told, end = [json.loads(line) for line in file.read_text().splitlines()]
    assert begin["arguments"][:3] == ["scan", "-sn", "--reason"]
    assert begin["scans"] == []
    assert (told["type"], told["addr"], told["up"], told["counts"]) == ("host", HOST, True, {})
    assert (end["hosts_up"], end["hosts"], end["exit"]) == (1, 1, "success")


def test_a_host_that_refuses_is_down_when_refusals_do_not_count(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as holder:  # bound and deaf: connections are refused
        holder.bind((HOST, 0))
        port = holder.getsockname()[1]
        assert ping.main(["-n", HOST, f"-PS{port}", "--max-retries", "0"]) == 0
        assert "Host is up, received conn-refused" in capfd.readouterr().out
        assert ping.main(["-n", HOST, f"-PS{port}", "--discovery-ignore-rst", "--max-retries", "0"]) == 0
    assert "(0 hosts up)" in capfd.readouterr().out


def test_the_hint_at_pn_is_for_scans_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        port = holder.getsockname()[1]
        nobody = ["-n", HOST, f"-PS{port}", "--discovery-ignore-rst", "--max-retries", "0"]
        assert ping.main(nobody) == 0
        assert capfd.readouterr().err == ""
        assert scan.main(["-sT", "-p", str(port), *nobody]) == 0
    assert capfd.readouterr().err == "No host answered; -Pn reports hosts that drop everything as up\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-sS"], "-sn scans no ports, and -sS does: only one of them"),
        (["-Pn"], "-Pn: not allowed together with -sn"),
        (["-sL"], "-sL: not allowed together with -sn"),
    ],
)
def test_it_scans_no_ports(words: list[str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        ping.main([*words, HOST])
    assert str(caught.value) == line


def test_it_has_a_help_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert ping.main(["-h"]) == 0
    assert capfd.readouterr().out.startswith("usage: periplus ping [OPTIONS] TARGET ...\n")
