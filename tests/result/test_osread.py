"""The field reads back into the row that it was written from."""

import json

import pytest
from tests.result.examples import os_host, passive_host, written

from periplus.result.formats import NDJSON
from periplus.result.osread import read_os
from periplus.result.row import HostReport, OsRow


@pytest.mark.parametrize(
    "host",
    [
        os_host(),
        os_host(matches=(), guesses=(), values={}, difficulty=None, why="x"),
        os_host(open_port=None),
        passive_host(),
        passive_host(matches=(), mss=None, scale=7, options="MSTNW", df=None, ip_id=None, tos=8, ecn=True),
    ],
)
def test_there_and_back(host: HostReport) -> None:
    rows = map(json.loads, written(NDJSON, host).splitlines())
    [field] = [row["os"] for row in rows if row["type"] == "host"]
    assert read_os(field) == host.os


def test_an_empty_field() -> None:
    assert read_os({}) == OsRow()
