"""What the documentation says of the program is what the program says of itself."""

import json
import re
from pathlib import Path

from periplus.cli.commands.techniques import table
from periplus.cli.options import parser
from periplus.data import HERE
from periplus.technique.catalogue import techniques

ROOT = Path(__file__).parents[1]


def test_the_page_of_techniques_is_what_the_program_prints() -> None:
    page = (ROOT / "docs" / "techniques.md").read_text(encoding="utf-8")
    printed = "\n\n".join("\n".join(f"    {line}" for line in table(technique)) for technique in techniques())
    assert page.partition("code.\n\n")[2].rstrip("\n") == printed


def test_the_readme_names_no_option_that_there_is_not() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    known = {option for action in parser()._actions for option in action.option_strings}
    ours = re.findall(r"\./periplus scan ([^\n|]*)", readme)
    named = {word for line in ours for word in re.findall(r"(?<!\S)--?[A-Za-z][A-Za-z-]*", line)}
    prefixes = tuple(option for option in known if not option.startswith("--"))
    assert {word for word in named if word not in known and not word.startswith(prefixes)} == set()
    assert named


def test_the_schema_is_json() -> None:
    assert json.loads((HERE / "ndjson.schema.json").read_text(encoding="utf-8"))["$schema"]
