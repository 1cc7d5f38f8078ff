"""Ceph: banners by the documentation of msgr2 and msgr1, and what ceph-mon 16.2.15 of Debian 12 greets with."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.protocol.ceph import PROTOCOL, features_untrusted

MSGR1 = b"ceph v027" + bytes(9) + b"\2h\xa5\x7f\0\0\1" + bytes(129) + b"\2\xcd\x1c\x7f\0\0\1" + bytes(120)
SCRIPTS: dict[str, list[Line]] = {
    "msgr2": [("<", b"ceph v2\n\x10\0\3\0\0\0\0\0\0\0" + bytes(8))],
    "msgr1": [("<", b"ceph v027" + bytes(272))],
    "ceph-mon 16.2.15 of Debian 12": [("<", b"ceph v2\n\x10\0\1" + bytes(15))],
    "ceph-mon 16.2.15 of Debian 12, by msgr1": [("<", MSGR1)],
    "features of another size": [("<", b"ceph v2\n\x20\0" + bytes(32))],
    "no Ceph": [("<", b"ceph is a fish\n")],
}


def test_banners() -> None:
    service = play(PROTOCOL, SCRIPTS["msgr2"])
    assert (service.protocol, service.product) == ("ceph", "Ceph")
    assert service.detail == {"messenger": 2, "supported": ["revision 1", "compression"], "required": []}
    assert play(PROTOCOL, SCRIPTS["msgr1"]).detail == {"messenger": 1}


def test_a_monitor() -> None:
    service = play(PROTOCOL, SCRIPTS["ceph-mon 16.2.15 of Debian 12"])
    assert service.detail == {"messenger": 2, "supported": ["revision 1"], "required": []}
    assert play(PROTOCOL, SCRIPTS["ceph-mon 16.2.15 of Debian 12, by msgr1"]).detail == {"messenger": 1}


def test_the_banner_is_enough() -> None:
    assert play(PROTOCOL, SCRIPTS["features of another size"]).protocol == "ceph"


def test_what_is_no_ceph_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no Ceph"]).protocol is None


@given(st.binary(max_size=40))
def test_any_features(data: bytes) -> None:
    assert set(features_untrusted(data)) == {"supported", "required"}
