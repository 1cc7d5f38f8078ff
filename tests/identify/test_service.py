"""Joining attempts and signatures into one service."""

from dataclasses import replace

from periplus.findings import Passage, Way
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.service import Attempt, Came, Service, service_of
from periplus.identify.signature import Signature, Signatures
from periplus.identify.talk import Known, Say, Talk, Told

SET = Signatures(
    [
        Signature(
            "f",
            r"^Thing/(?P<version>\d+)",
            "Thing/1",
            "here",
            product="Thing",
            vendor="Maker",
            cpe=("a:maker:thing:{version}",),
        )
    ]
)


def never(peer: Peer) -> Talk:
    yield Say(b"never")


A, B = (Protocol(name, name, "this test", never) for name in "ab")


def joined(*attempts: Attempt) -> Service:
    return service_of("198.18.0.1", 1, Over.TCP, attempts, SET)


def test_the_surest_attempt_wins_and_the_next_is_named() -> None:
    service = joined(Attempt(A, Known(0.6, "perhaps")), Attempt(B, Known(0.9, "proved")))
    assert (service.protocol, service.confidence, service.why) == ("b", 0.9, "proved")
    assert service.runner_up == ("a", 0.6)


def test_what_is_carried_names_the_service_and_is_no_other_protocol() -> None:
    carried, bare = Attempt(A, Known(0.9, "agreed", "c")), Attempt(A, Known(0.95, "proved"))
    assert (joined(carried).protocol, joined(carried).runner_up) == ("c", None)
    assert (joined(carried, bare).protocol, joined(carried, bare).runner_up) == ("a", ("c", 0.9))


def test_later_words_replace_earlier_ones_and_signatures_fill_the_rest() -> None:
    told = (
        Told(texts={"f": "Thing/7"}, info="first", detail={"x": 1}),
        Told(info="second", hostname="h", cpe=("cpe:own",), detail={"y": 2}),
    )
    service = joined(Attempt(A, Known(0.9, ""), told))
    assert (service.product, service.vendor, service.version) == ("Thing", "Maker", "7")
    assert (service.info, service.hostname, service.detail) == ("second", "h", {"x": 1, "y": 2})
    assert service.cpe == ("cpe:own", "cpe:2.3:a:maker:thing:7:*:*:*:*:*:*:*")
    assert service.rule == r"f ~ ^Thing/(?P<version>\d+)"


def test_a_version_of_another_product_is_not_taken() -> None:
    told = (Told(texts={"f": "Thing/7"}, product="Other"),)
    service = joined(Attempt(A, Known(0.9, ""), told))
    assert (service.product, service.version) == ("Other", None)


def test_what_came_of_nothing_known() -> None:
    said = (Passage(Way.THEIRS, b"?", 1.0),)
    assert joined(Attempt(A, passages=said), Attempt(B)).came is Came.UNKNOWN
    assert joined(Attempt(A, passages=said), Attempt(B)).passages == said
    assert joined(Attempt(None, refused=True)).came is Came.REFUSED
    assert joined(Attempt(A)).came is Came.SILENT
    assert joined(Attempt(A, passages=(Passage(Way.NOTE, b"closed", 1.0),))).came is Came.CLOSING
    assert joined().came is Came.SILENT


def test_tls_of_an_unknown_service_is_kept() -> None:
    assert joined(Attempt(None, tls={"version": "TLSv1.3"})).tls == {"version": "TLSv1.3"}


def test_what_a_peer_said_is_what_is_theirs() -> None:
    passages = (
        Passage(Way.OURS, b"1", 0),
        Passage(Way.THEIRS, b"2", 1),
        Passage(Way.NOTE, b"3", 2),
        Passage(Way.THEIRS, b"4", 3),
    )
    assert Attempt(A, passages=passages).heard == b"24"


def test_another_product_behind_the_same_port_is_a_component() -> None:
    told = (Told(texts={"f": "Thing/7"}, product="Other"), Told(texts={"f": "Thing/7"}))
    service = joined(Attempt(A, Known(0.9, ""), told))
    assert (service.product, service.vendor, service.rule) == ("Other", None, None)
    assert service.detail["components"] == [
        {"product": "Thing", "vendor": "Maker", "version": "7", "rule": r"f ~ ^Thing/(?P<version>\d+)"}
    ]
    assert service.cpe == ("cpe:2.3:a:maker:thing:7:*:*:*:*:*:*:*",)


def test_a_component_is_completed_by_what_is_read_of_it_later() -> None:
    bare = Signature("f", "^a Thing$", "a Thing", "here", product="Thing", info="bare")
    full = Signature("f", r"^Thing (?P<version>\d)$", "Thing 7", "here", product="Thing")
    told = (Told(texts={"f": "a Thing"}, product="Other"), Told(texts={"f": "Thing 7"}))
    attempts = [Attempt(A, Known(0.9, ""), told)]
    service = service_of("198.18.0.1", 1, Over.TCP, attempts, Signatures([bare, full]))
    assert service.detail["components"] == [
        {"product": "Thing", "info": "bare", "version": "7", "rule": bare.rule}
    ]


def test_a_cpe_name_without_a_version_gives_way_to_one_with_it() -> None:
    bare = "cpe:2.3:a:maker:thing:*:*:*:*:*:*:*:*"
    other = "cpe:2.3:o:maker:system:*:*:*:*:*:*:*:*"
    service = joined(Attempt(A, Known(0.9, ""), (Told(texts={"f": "Thing/7"}, cpe=(bare, other)),)))
    assert service.cpe == (other, "cpe:2.3:a:maker:thing:7:*:*:*:*:*:*:*")


def test_what_nobody_understands_may_be_known_by_a_signature() -> None:
    said = Signature("said", r"^ACME/(?P<version>[\d.]+)", "ACME/1.2", "here", product="Mux", service="acme")
    attempts = [
        Attempt(A, passages=(Passage(Way.THEIRS, b"what? what?", 0),)),
        Attempt(B, passages=(Passage(Way.THEIRS, b"ACME/1.2\n", 0),)),
    ]
    service = service_of("198.18.0.1", 1, Over.TCP, attempts, Signatures([said]))
    assert (service.came, service.protocol, service.confidence) == (Came.IDENTIFIED, "acme", 0.7)
    assert (service.product, service.version, service.passages) == ("Mux", "1.2", attempts[1].passages)
    assert service.rule == said.rule
    nameless = Signatures([replace(said, service=None)])
    service = service_of("198.18.0.1", 1, Over.TCP, attempts, nameless)
    assert (service.came, service.protocol, service.product) == (Came.UNKNOWN, None, "Mux")
    both = Signatures([said, replace(said, match="^what", product="Longer")])
    assert service_of("198.18.0.1", 1, Over.TCP, attempts[::-1], both).product == "Longer"
    service = service_of("198.18.0.1", 1, Over.TCP, attempts[:1], nameless)
    assert (service.came, service.product) == (Came.UNKNOWN, None)
