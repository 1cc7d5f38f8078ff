"""The signatures that ship: every sample reads as it should, and is read by no other product's signature first."""

import re

import pytest
from tests.identify.script import shipped

from periplus.data import signature_texts
from periplus.findings import WORDS
from periplus.identify.signature import Signature, read_signatures

ENTRIES = [(file, each) for file, text in signature_texts().items() for each in read_signatures(text)]
IDS = [f"{file}:{each.product}:{number}" for number, (file, each) in enumerate(ENTRIES)]
ALL = shipped()
CPE = re.compile(r"cpe:2\.3:[aoh](?::(?:[\w.\-*]|\\.)+){10}")


@pytest.mark.parametrize("entry", [each for _, each in ENTRIES], ids=IDS)
def test_a_sample_reads_as_it_should(entry: Signature) -> None:
    read = entry.read(entry.sample)
    assert read is not None, "its own expression does not match"
    assert {name: getattr(read, name) for name in entry.expect} == dict(entry.expect)
    assert entry.literal in entry.sample.lower()
    assert entry.origin
    assert read.product or read.os or read.device or read.info or read.vendor
    assert all(CPE.fullmatch(each) for each in read.cpe), read.cpe


@pytest.mark.parametrize("entry", [each for _, each in ENTRIES], ids=IDS)
def test_no_other_signature_takes_the_sample(entry: Signature) -> None:
    found = ALL.match(entry.field, entry.sample)
    assert found is not None
    own = entry.read(entry.sample)
    assert own is not None
    assert {name: getattr(found, name) for name in WORDS} == {name: getattr(own, name) for name in WORDS}


def test_no_entry_stands_twice() -> None:
    rules = [each.rule for _, each in ENTRIES]
    assert len(set(rules)) == len(rules)
