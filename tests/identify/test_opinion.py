"""Second opinions add, and never overrule."""

from dataclasses import replace

from periplus.findings import Passage, Way
from periplus.identify.model import Over
from periplus.identify.opinion import seconded
from periplus.identify.service import Came, Service
from periplus.identify.signature import Match, Opinion

SAID = (Passage(Way.OURS, b"?", 0.0), Passage(Way.THEIRS, b"thing 1.0", 1.0))
UNKNOWN = Service("198.18.0.1", 1, Over.TCP, Came.UNKNOWN, passages=SAID)
KNOWN = replace(UNKNOWN, came=Came.IDENTIFIED, protocol="ours", confidence=0.9, why="proved")


def opinion(heard: bytes, protocol: str | None) -> Opinion | None:
    assert heard == b"thing 1.0"
    assert protocol in (None, "ours")
    return Opinion("theirs", 0.75, Match("line 7", product="Thing", version="1.0"))


def never(heard: bytes, protocol: str | None) -> Opinion | None:
    raise AssertionError("nobody is to be asked")


def test_an_unknown_service_gets_a_name() -> None:
    service = seconded(UNKNOWN, opinion)
    assert (service.came, service.protocol, service.confidence) == (Came.IDENTIFIED, "theirs", 0.75)
    assert (service.product, service.version, service.why) == ("Thing", "1.0", "second opinion: line 7")


def test_a_known_one_without_a_product_gets_words() -> None:
    service = seconded(KNOWN, opinion)
    assert (service.protocol, service.confidence, service.why) == ("ours", 0.9, "proved")
    assert (service.product, service.detail) == ("Thing", {"second_opinion": "theirs"})


def test_who_knows_is_not_helped_and_who_heard_nothing_cannot_be() -> None:
    told = replace(KNOWN, product="Ours")
    assert seconded(told, never) == told
    silent = replace(UNKNOWN, came=Came.SILENT, passages=())
    assert seconded(silent, never) == silent
    assert seconded(UNKNOWN, lambda *_: None) == UNKNOWN
