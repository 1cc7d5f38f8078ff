"""Without a compiler there is a reason, and no file; the user-space responder takes over then."""

from pathlib import Path

import pytest
from bench.responder import HERE, compiled
from bench.truth import Manner


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiled(Manner.of(0.5, 0.5), tmp_path / "responder.o") == "clang is not installed"
    assert not (tmp_path / "responder.o").exists()


def test_the_compiler_is_told_all_that_the_program_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for clang writes down its words; its failure is told in its own first line."""
    clang = tmp_path / "clang"
    clang.write_text('#!/bin/sh\necho "$*" >&2\nexit 1\n')
    clang.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    told = compiled(Manner(100, 200, 300), tmp_path / "responder.o")
    assert told
    source = (HERE / "responder.c").read_text(encoding="utf-8")
    for word in ("-DNETWORK=50707u", "-DOPEN=100u", "-DCLOSED=200u", "-DLOSS=300u"):
        assert word in told.split()
        assert word[2:].split("=")[0] in source
