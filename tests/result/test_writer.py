"""Formats are found, not listed."""

from periplus.result.writer import base_requests, formats


def test_formats_are_found_not_listed() -> None:
    assert [(each.flag, each.name) for each in formats()] == [
        ("--csv", "csv"),
        ("-oG", "grepable"),
        ("-oJ", "ndjson"),
        ("-oN", "normal"),
        ("-oX", "xml"),
    ]
    assert all(each.help and each.metavar for each in formats())


def test_base_requests_are_nmaps_three_files() -> None:
    assert [(each.flag, path) for each, path in base_requests("out/run")] == [
        ("-oG", "out/run.gnmap"),
        ("-oN", "out/run.nmap"),
        ("-oX", "out/run.xml"),
    ]
