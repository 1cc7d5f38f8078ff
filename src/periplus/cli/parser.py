"""The argument parser of every command: argparse, with five of its ways changed.

- A mistake is one line (a UsageError), not the usage text.
- Options are written out; argparse completes those with one dash.
- Words that belong to no option may stand anywhere, also between options; argparse wants them in one piece.
- The value of an option that may go without one stands behind it in the same word (``-PS22,80``), never in the next.
- The value of an option may be a number or a range with a dash in front, as in ``-p -100``, where argparse sees two
  options. A word that is an option itself (``-4``) stays one, and so does all that begins with a letter.

Behind ``--`` nothing is an option.
"""

import argparse
import re
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from periplus.cli.main import say
from periplus.errors import UsageError
from periplus.space.quote import quoted

__all__ = ["Parser"]

END_OF_OPTIONS = "--"
HELP_COLUMN = 30
ALIKE = 0.75  # how alike an unknown option must be to one of ours to be taken for a slip of the pen

_DASHED_NUMBER = re.compile(r"-\d.*")
_ARGUMENT = re.compile(r"argument (\S+): (.*)", re.DOTALL)
_REWORDED = (
    (re.compile(r"expected one argument"), "a value is missing"),
    (re.compile(r"not allowed with argument (\S+)"), r"not allowed together with \1"),
    (re.compile(r"ignored explicit argument (.*)", re.DOTALL), r"takes no value, but \1 was given"),
)


class Parser(argparse.ArgumentParser):
    """Parses the arguments of ``periplus COMMAND``. Use `read`; it raises UsageError in one line."""

    def __init__(self, command: str, usage: str, description: str) -> None:
        super().__init__(
            f"periplus {command}",
            usage=f"periplus {command} {usage}",
            description=description,
            formatter_class=partial(argparse.RawDescriptionHelpFormatter, max_help_position=HELP_COLUMN),
            allow_abbrev=False,
            add_help=False,
        )

    def read(self, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Return the options and the words that belong to none."""
        cut = arguments.index(END_OF_OPTIONS) if END_OF_OPTIONS in arguments else len(arguments)
        given, words = self.parse_known_args(self._joined(arguments[:cut]))
        for word in words:
            if word.startswith("-") and word != "-":
                raise UsageError(self._unknown(word.partition("=")[0]))
        return given, [*words, *arguments[cut + 1 :]]

    def add_help_option(self, group: argparse._ArgumentGroup) -> None:
        """Add ``-h``, where the command wants it among its options."""
        group.add_argument("-h", "--help", action="help", help="show this help")

    def print_help(self, file: object = None) -> None:
        """Print the help; a full disk is told."""
        say(self.format_help().rstrip())

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into ours."""
        argument = _ARGUMENT.fullmatch(message)
        if argument is None:
            raise UsageError(f'{message}; see "{self.prog} --help"')
        name, text = argument[1].partition("/")[0], argument[2]
        for pattern, replacement in _REWORDED:
            text = pattern.sub(replacement, text)
        raise UsageError(f"{name}: {text}")

    def _joined(self, arguments: Sequence[str]) -> list[str]:
        """Join options with values that begin with a dash and a digit, so that argparse sees a value."""
        joined: list[str] = []
        for word in arguments:
            value = _DASHED_NUMBER.fullmatch(word) and word not in self._option_string_actions
            if value and joined and self._wants_value(joined[-1]):
                joined[-1] += f"={word}"
            elif option := self._optional_value(word):
                joined.append(f"{option}={word.removeprefix(option)}")
            else:
                joined.append(word)
        return joined

    def _get_option_tuples(self, option_string: str) -> list[tuple[argparse.Action, str, str | None]]:
        """Find options that stand whole at the front of a word; argparse would also take ``-P`` for ``-Pn``."""
        found = super()._get_option_tuples(option_string)
        return [each for each in found if option_string.startswith(each[1])]

    def _wants_value(self, word: str) -> bool:
        action = self._option_string_actions.get(word)
        return action is not None and action.nargs is None

    def _optional_value(self, word: str) -> str | None:
        """The option at the front of the word, if it is one that may have a value behind it."""
        actions = self._option_string_actions.items()
        options = (option for option, action in actions if action.nargs == "?")
        return next((option for option in options if word.startswith(option) and "=" not in word), None)

    def _unknown(self, name: str) -> str:
        from difflib import get_close_matches

        close = get_close_matches(name, self._option_string_actions, 1, ALIKE)
        hint = f"did you mean {close[0]}?" if close else f'see "{self.prog} --help"'
        return f"there is no option {quoted(name)}; {hint}"
