"""Techniques are found, not listed."""

import pkgutil

import pytest

import periplus.technique
from periplus.technique.catalogue import by_name, techniques
from periplus.technique.signal import SILENCE


def test_every_module_with_a_technique_is_found() -> None:
    names = [technique.name for technique in techniques()]
    modules = {module.name for module in pkgutil.iter_modules(periplus.technique.__path__)}
    assert names == sorted(names)
    assert {"syn", "connect"} <= set(names) <= {module.replace("_", "-") for module in modules}


def test_flags_are_unique_and_silence_always_means_something() -> None:
    found = list(techniques())
    assert len({technique.flag for technique in found}) == len(found)
    assert all(technique.table.row[SILENCE] < len(technique.rows) for technique in found)


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        by_name("no-such")
