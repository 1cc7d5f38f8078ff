import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.cli.parser import Parser
from periplus.errors import UsageError


def made() -> Parser:
    parser = Parser("try", "[OPTIONS] WORD ...", "Try it.")
    group = parser.add_argument_group("options")
    group.add_argument("-p", dest="ports")
    group.add_argument("-oX", dest="xml", action="append", default=[])
    group.add_argument("-4", dest="four", action="store_true")
    group.add_argument("-Pn", dest="up", action="store_true")
    group.add_argument("-PS", dest="syn", nargs="?", const="")
    group.add_argument("-PSX", dest="other", action="store_true")
    group.add_argument("-v", dest="verbose", action="count", default=0)
    group.add_argument("--max-rate", "--maxrate", type=float)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("-a", action="store_true")
    either.add_argument("-b", action="store_true")
    parser.add_help_option(group)
    return parser


@pytest.mark.parametrize(
    "arguments",
    [
        ["-v", "one", "two", "-p", "22"],
        ["one", "-v", "two", "-p22"],
        ["one", "-p=22", "-v", "--", "two"],
        ["-v", "-p", "22", "--", "one", "two"],
        ["-vp", "22", "one", "two"],
    ],
)
def test_words_may_stand_anywhere(arguments: list[str]) -> None:
    given, words = made().read(arguments)
    assert (given.ports, given.verbose, words) == ("22", 1, ["one", "two"])


def test_behind_two_dashes_nothing_is_an_option() -> None:
    given, words = made().read(["-v", "--", "-v", "--", "-x"])
    assert (given.verbose, words) == (1, ["-v", "--", "-x"])


@pytest.mark.parametrize("arguments", [["-p", "-100"], ["-p-100"], ["-p=-100"]])
def test_a_value_may_begin_with_a_dash_and_a_digit(arguments: list[str]) -> None:
    assert made().read(arguments)[0].ports == "-100"


def test_a_value_may_be_a_dash() -> None:
    given, words = made().read(["-p", "-", "-oX", "-", "-"])
    assert (given.ports, given.xml, words) == ("-", ["-"], ["-"])


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["-PS22,80", "one"], "22,80"),
        (["one", "-PSssh"], "ssh"),
        (["-PS=22", "one"], "22"),
        (["-PST:22=", "one"], "T:22="),
        (["-PS-100", "one"], "-100"),
        (["-PS", "--", "one"], None),
        (["one", "-PS"], None),
        (["-PS", "-v", "one"], None),
        (["-PS", "one"], None),
    ],
)
def test_a_value_that_may_be_left_out_stands_right_behind_its_option(
    arguments: list[str], value: str | None
) -> None:
    """The word that follows is a target, never the value."""
    given, words = made().read(arguments)
    assert (given.syn, words) == (value or "", ["one"])


def test_a_longer_option_is_not_the_shorter_one_with_a_value() -> None:
    given, _ = made().read(["-PSX"])
    assert (given.syn, given.other) == (None, True)


def test_behind_two_dashes_no_value_is_split_off() -> None:
    given, words = made().read(["--", "-PS22"])
    assert (given.syn, words) == (None, ["-PS22"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-p"], "-p: a value is missing"),
        (["-p", "-v"], "-p: a value is missing"),
        (["-p", "-4"], "-p: a value is missing"),
        (["-p", "--", "22"], "-p: a value is missing"),
        (["--maxrate"], "--max-rate: a value is missing"),
        (["--max-rate", "x"], "--max-rate: invalid float value: 'x'"),
        (["-a", "-b"], "-b: not allowed together with -a"),
        (["-4=6"], "-4: takes no value, but '6' was given"),
        (["--nonsense", "word"], 'there is no option "--nonsense"; see "periplus try --help"'),
        (["--nonsense=3"], 'there is no option "--nonsense"; see "periplus try --help"'),
        (["-100"], 'there is no option "-100"; see "periplus try --help"'),
        (["--max-rat", "3"], 'there is no option "--max-rat"; did you mean --max-rate?'),
        (["-P"], 'there is no option "-P"; did you mean -Pn?'),
        (["-z\x1b[31m"], 'there is no option "-z\\x1b[31m"; see "periplus try --help"'),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        made().read(arguments)
    assert str(caught.value) == line


@given(st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["-p", "--", "-", "-4", "-vv", "-oX", "-b"]))))
def test_any_words_are_read_or_a_usage_error(arguments: list[str]) -> None:
    arguments = [word for word in arguments if not (word.startswith("-") and "h" in word)]  # help ends
    try:
        _, words = made().read(arguments)
    except UsageError:
        return
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    assert words[len(words) - len(arguments[cut + 1 :]) :] == arguments[cut + 1 :]
    assert set(words) <= set(arguments)


def test_help_is_printed_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        made().read(["-h"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: periplus try [OPTIONS] WORD ...\n\nTry it.\n")
    assert "  -h, --help" in shown
