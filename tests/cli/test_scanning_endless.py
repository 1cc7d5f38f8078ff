"""``periplus scan`` of many hosts: one try each, and silence that is counted."""

import pytest

from periplus.cli.commands.scan import main
from periplus.cli.options import read
from periplus.cli.scanning import MOST_SILENT, _tells_all
from periplus.errors import CannotScan, UsageError

HOST = "127.0.0.1"


def test_stateless_needs_packets_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("periplus.cli.commands.scan.can_send_raw", lambda: True)
    with pytest.raises(
        UsageError, match="--stateless sends raw packets, and -sT sends none: only one of them"
    ):
        main(["-n", "-sT", "--stateless", HOST])
    monkeypatch.setattr("periplus.cli.commands.scan.can_send_raw", lambda: False)
    with pytest.raises(
        CannotScan, match="--stateless sends raw packets, and this process may not: run it as root"
    ):
        main(["-n", "--stateless", HOST])


def test_of_many_silent_hosts_only_the_number_is_told() -> None:
    assert _tells_all(read([HOST]), MOST_SILENT)
    assert not _tells_all(read([HOST]), MOST_SILENT + 1)
    assert _tells_all(read([HOST, "-v"]), MOST_SILENT + 1)
    assert _tells_all(read([HOST, "--all-states"]), MOST_SILENT + 1)
    assert not _tells_all(read([HOST, "--stateless"]), 1)
