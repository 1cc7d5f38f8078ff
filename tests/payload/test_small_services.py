"""The small services and their ports."""

import pytest
from tests.payload.reading import payload


@pytest.mark.parametrize(
    ("service", "port"),
    [("echo", 7), ("active-users", 11), ("daytime", 13), ("qotd", 17), ("chargen", 19), ("time", 37)],
)
def test_each_gets_a_line_of_text(service: str, port: int) -> None:
    assert payload(service).ports == (port,)
    assert payload(service).data == b"periplus\r\n"
