"""The stage is there when there is a way to identify, which is opened when it is wanted."""

from dataclasses import replace
from typing import cast

from tests.scan.runs import NEAR, config_of, space_of

from periplus.scan.config import Identify
from periplus.scan.identifier import Identifier
from periplus.scan.identifying import IdentifyLink, identifying_for
from periplus.scan.identities import Identities
from periplus.scan.stage import Through

SPACE = space_of([NEAR], [22])


class Closed:
    """Notes whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_who_identifies_nothing_passes_reports_through() -> None:
    stage = identifying_for(config_of(SPACE), None)
    assert isinstance(stage, Through)
    assert stage.left == 0


def test_it_is_opened_once_and_when_it_is_wanted() -> None:
    made: list[Closed] = []

    def opened() -> Identifier:
        made.append(Closed())
        return cast("Identifier", made[-1])

    link = IdentifyLink(opened)
    link.close()
    assert isinstance(identifying_for(replace(config_of(SPACE), identify=Identify()), link), Identities)
    assert made == []
    assert link.identifier() is link.identifier()
    link.close()
    assert [each.closed for each in made] == [True]
