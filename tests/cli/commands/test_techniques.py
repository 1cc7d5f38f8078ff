import pytest

from periplus.cli.commands.techniques import main, table
from periplus.errors import UsageError
from periplus.technique.catalogue import techniques

NAMES = ", ".join(technique.name for technique in techniques())


def test_every_row_of_every_technique_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    for technique in techniques():
        assert f"{technique.name} ({technique.flag})\n  {technique.summary}\n" in shown
        assert "\n".join(table(technique)) in shown
    assert not any(line.endswith(" ") for line in shown.splitlines())


def test_a_table_tells_answer_verdict_and_check() -> None:
    [syn] = [technique for technique in techniques() if technique.name == "syn"]
    lines = list(table(syn))
    assert lines[2:4] == ["  cookie: sequence number; source port", "  privilege: raw packets"]
    assert len(lines) == 4 + len(syn.rows)
    for line, row in zip(lines[4:], syn.rows, strict=True):
        assert str(row.answer) in line
        assert f"{row.state.word} ({row.reason.word})" in line


def test_only_those_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connect"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("connect (-sT)\n")
    assert "syn (-sS)" not in shown


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["idle"],
            f'there is no technique "idle"; there are {NAMES}',
        ),
        (["-x"], 'there is no option "-x"; see "periplus techniques --help"'),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        main(arguments)
    assert str(caught.value) == line
