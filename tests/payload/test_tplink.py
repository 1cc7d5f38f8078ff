"""The question, undisguised by a loop of its own."""

import json

from tests.payload.reading import data


def test_it_asks_for_facts_and_switches_nothing() -> None:
    key, text = 171, ""
    for byte in data("tplink-kasa"):
        text += chr(byte ^ key)
        key = byte
    assert json.loads(text) == {"system": {"get_sysinfo": {}}}
