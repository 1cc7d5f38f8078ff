"""ZooKeeper: what zookeeper of Debian 12 answers on the loopback, and its refusal by the administrator's guide."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.zookeeper import PROTOCOL, answer_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "zookeeper of Debian 12": [
        (">", b"srvr"),
        (
            "<",
            (
                b"Zookeeper version: 3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC\nLatency min/a"
                b"vg/max: 0/0.0/0\nReceived: 4\nSent: 3\nConnections: 1\nOutstanding: 0\nZxid: 0x0\nMode: st"
                b"andalone\nNode count: 5\n"
            ),
        ),
        ("end", b"closed"),
    ],
    "words that are off": [
        (">", b"srvr"),
        ("<", b"srvr is not executed because it is not in the whitelist.\n"),
        ("end", b"closed"),
    ],
    "no ZooKeeper": [(">", b"srvr"), ("<", b"ERR unknown\n"), ("end", b"closed")],
}


def test_zookeeper() -> None:
    service = play(PROTOCOL, SCRIPTS["zookeeper of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("zookeeper", "Apache ZooKeeper", "3.8.0")
    assert service.detail["mode"] == "standalone"


def test_words_may_be_off() -> None:
    assert play(PROTOCOL, SCRIPTS["words that are off"]).info == "four-letter words are off"


def test_what_is_no_zookeeper_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no ZooKeeper"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, answer_untrusted)
    survive(b"Zookeeper version: " + data, answer_untrusted)
