"""What ``periplus --help`` prints, made from the commands that there are."""

import pkgutil
from importlib import import_module

import periplus.cli.commands

__all__ = ["overview"]

HEAD = """\
usage: periplus COMMAND [OPTIONS] ...
       periplus --version

Which ports of a network answer, and by what evidence. For networks you own or may test.

commands:"""
TAIL = """
"periplus COMMAND --help" tells the options of a command."""


def overview() -> str:
    """Return the help text of the program as a whole."""
    rows = []
    for module in pkgutil.iter_modules(periplus.cli.commands.__path__):
        command = import_module(f"periplus.cli.commands.{module.name}")
        rows.append(f"  {module.name:<12} {command.HELP}")
    return "\n".join([HEAD, *rows, TAIL])
