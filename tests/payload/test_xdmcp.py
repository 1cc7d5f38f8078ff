"""The query, field by field."""

from tests.payload.reading import data, fields


def test_it_queries_and_names_no_way_to_log_in() -> None:
    version, opcode, size, names = fields("!HHHB", data("xdmcp"))
    assert (version, opcode, size, names) == (1, 2, len(data("xdmcp")) - 6, 0)
