"""The question is JSON."""

import json

from tests.payload.reading import data


def test_it_gets_and_does_not_set() -> None:
    assert json.loads(data("wiz")) == {"method": "getPilot", "params": {}}
