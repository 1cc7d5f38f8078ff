"""What is asked of a port, and in which order."""

from dataclasses import replace

from periplus.identify.model import First, Over, Peer, Protocol
from periplus.identify.order import Chosen, by_looks, chosen
from periplus.identify.talk import Say, Talk


def never(peer: Peer) -> Talk:
    yield Say(b"never")


COMMON = Protocol("common", "", "", never, (80,), tls_ports=(443,), rarity=1)
SPEAKING = replace(COMMON, name="speaking", ports=(22,), tls_ports=(), first=First.SERVER)
RARE = replace(COMMON, name="rare", ports=(99,), tls_ports=(), rarity=8)
PLANT = replace(RARE, name="plant", ports=(502,), rarity=3, careful=True)
DATAGRAM = replace(RARE, name="datagram", ports=(53,), over=Over.UDP)
ALL = (COMMON, SPEAKING, RARE, PLANT, DATAGRAM)


def names(choice: Chosen) -> tuple[list[str], list[str]]:
    return [each.name for each in choice.likely], [each.name for each in choice.rest]


def test_what_is_likely_stands_first_and_the_rest_by_rarity() -> None:
    assert names(chosen(ALL, 22)) == (["speaking"], ["common"])
    assert names(chosen(ALL, 22, intensity=9)) == (["speaking"], ["common", "rare"])
    assert names(chosen(ALL, 99)) == (["rare"], ["common", "speaking"])
    assert names(chosen(ALL, 99, intensity=0)) == (["rare"], [])
    assert names(chosen(ALL, 53, Over.UDP)) == (["datagram"], [])


def test_industrial_equipment_is_asked_only_when_wanted_and_at_its_ports() -> None:
    assert names(chosen(ALL, 502, intensity=9)) == ([], ["common", "speaking", "rare"])
    assert names(chosen(ALL, 502, ics=True))[0] == ["plant"]
    assert "plant" not in names(chosen(ALL, 80, intensity=9, ics=True))[1]


def test_of_fragile_ports_only_industrial_things_are_asked_and_only_if_wanted() -> None:
    choice = chosen(ALL, 80, fragile=True)
    assert (names(choice), choice.only_likely) == (([], []), True)
    choice = chosen(ALL, 502, ics=True, fragile=True)
    assert (names(choice), choice.tls_first) == ((["plant"], []), False)


def test_who_speaks_first_and_where_tls_comes_first() -> None:
    assert chosen(ALL, 22).speaks_first
    assert not chosen(ALL, 80).speaks_first
    assert not chosen(ALL, 1).speaks_first
    assert chosen(ALL, 443).tls_first
    assert not chosen(ALL, 443, inside_tls=True).tls_first
    assert names(chosen(ALL, 443, inside_tls=True))[0] == ["common"]


def test_looks_are_ranked() -> None:
    sure = replace(COMMON, looks=lambda data: 0.9)
    unsure = replace(RARE, looks=lambda data: 0.5)
    assert by_looks((unsure, sure, SPEAKING), b"x") == [(0.9, sure), (0.5, unsure)]
