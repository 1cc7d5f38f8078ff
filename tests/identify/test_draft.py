"""Drafts of signatures: what becomes of a text, and that every draft loads and matches its own text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.identify.draft import entry, expression
from periplus.identify.signature import Signatures, read_signatures


@pytest.mark.parametrize(
    ("said", "pattern", "version"),
    [
        ("ACME-MUX/3.1.4 ready\r\nmore", r"^ACME-MUX/(?P<version>\d[\w.\-]*) ready", "3.1.4"),
        (
            "HELLO 7 build 2024 v1.2b (lib 3.4.5)",
            r"^HELLO \d+ build \d+ v(?P<version>\d[\w.\-]*) \(lib \d[\w.\-]*\)",
            "1.2b",
        ),
        ("session deadbeef0123 it's", r"^session [\da-f]+ it\x27s", None),
        ("\x00\x01\xff", r"^\x00\x01\xff", None),
        ("a\x07b", r"^a\x07b", None),
        ("\r\nlate", r"^\x0d\x0alate", None),
    ],
)
def test_expressions(said: str, pattern: str, version: str | None) -> None:
    assert expression(said) == (pattern, version)


def test_an_entry_is_to_be_filled_in_and_loads_as_it_is() -> None:
    text = entry("ACME-MUX/3.1.4 ready\r\n\x7f", "198.18.0.2 port 4711/tcp")
    assert text.startswith("# Seen at 198.18.0.2 port 4711/tcp. Fill in")
    [read] = read_signatures(text)
    assert (read.field, read.product, read.service, read.origin) == ("said", "?", "?", "?")
    assert (read.sample, read.expect) == ("ACME-MUX/3.1.4 ready\r\n\x7f", {"version": "3.1.4"})
    found = Signatures([read]).match("said", "ACME-MUX/3.2.0 ready\r\n")
    assert found is not None
    assert found.version == "3.2.0"


@given(st.text(st.characters(max_codepoint=255), min_size=1, max_size=400))
def test_every_draft_matches_its_own_text(said: str) -> None:
    [read] = read_signatures(entry(said, "here"))
    assert Signatures([read]).match("said", said) is not None
    found = read.read(read.sample)
    assert found is not None
    assert read.expect.get("version") == found.version
    assert read.literal in read.sample.lower()


@given(st.from_regex(r"\A[A-Za-z -]{0,70}[0-9]{1,3}(\.[0-9]{1,3}){1,4}[ -~]{0,300}\Z"))
def test_texts_with_versions(said: str) -> None:
    [read] = read_signatures(entry(said, "here"))
    assert Signatures([read]).match("said", said) is not None
