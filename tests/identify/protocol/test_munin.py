"""Munin: what munin-node of Debian 12 answers on the loopback."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.munin import PROTOCOL, host_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "munin-node of Debian 12": [
        ("<", b"# munin node at iddb.test\n"),
        (">", b"version\n"),
        ("<", b"munins node on iddb.test version: 2.0.73\n"),
        (">", b"quit\n"),
    ],
    "no Munin": [("<", b"# some comment\n")],
}


def test_munin() -> None:
    service = play(PROTOCOL, SCRIPTS["munin-node of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("munin", "Munin node", "2.0.73")
    assert service.hostname == "iddb.test"


def test_what_is_no_munin_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Munin"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, host_untrusted)
    survive(b"# munin node at " + data, host_untrusted)
