"""Ceph: banners by the documentation of msgr2 and msgr1."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.protocol.ceph import PROTOCOL, features_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "msgr2": [("<", b"ceph v2\n\x10\0\3\0\0\0\0\0\0\0" + bytes(8))],
    "msgr1": [("<", b"ceph v027" + bytes(272))],
    "features of another size": [("<", b"ceph v2\n\x20\0" + bytes(32))],
    "no Ceph": [("<", b"ceph is a fish\n")],
}


def test_banners() -> None:
    service = play(PROTOCOL, SCRIPTS["msgr2"])
    assert (service.protocol, service.product) == ("ceph", "Ceph")
    assert service.detail == {"messenger": 2, "supported": ["revision 1", "compression"], "required": []}
    assert play(PROTOCOL, SCRIPTS["msgr1"]).detail == {"messenger": 1}


def test_the_banner_is_enough() -> None:
    assert play(PROTOCOL, SCRIPTS["features of another size"]).protocol == "ceph"


def test_what_is_no_ceph_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Ceph"]).protocol is None


@given(st.binary(max_size=40))
def test_any_features(data: bytes) -> None:
    assert set(features_untrusted(data)) == {"supported", "required"}
