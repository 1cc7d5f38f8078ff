"""What every writer says of itself."""

from tests.result.examples import OPTIONS, Memory

from periplus.result.formats import formats
from periplus.result.writer import Writer, Writers


def test_only_who_overrides_finding_tells_early() -> None:
    """A finding that nobody hears is not even made, so a writer that says it is not early must have no use for it."""
    for each in formats():
        writer = each.factory(Memory(), OPTIONS)
        assert writer.early == (type(writer).finding is not Writer.finding)
        assert Writers([("file", writer)], print).early == writer.early
    assert not Writers([], print).early
