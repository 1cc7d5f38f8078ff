"""Discovery of printers and scanners, field by field."""

import pytest
from tests.payload.reading import data, fields


@pytest.mark.parametrize(("service", "device"), [("bjnp-printer", 1), ("bjnp-scanner", 2)])
def test_no_job_is_opened_and_no_data_sent(service: str, device: int) -> None:
    assert fields("!4sBBHHHI", data(service)) == (b"BJNP", device, 1, 0, 1, 0, 0)
