"""Formats are found, not listed."""

from tests.result.examples import OPTIONS, Memory

from periplus.result.writer import Writer, Writers, base_requests, formats


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


def test_only_who_overrides_finding_tells_early() -> None:
    """A finding that nobody hears is not even made, so a writer that says it is not early must have no use for it."""
    for each in formats():
        writer = each.factory(Memory(), OPTIONS)
        assert writer.early == (type(writer).finding is not Writer.finding)
        assert Writers([("file", writer)], print).early == writer.early
    assert not Writers([], print).early
