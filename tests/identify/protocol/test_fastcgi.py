"""FastCGI, by what php-fpm 8.2 of Debian 12 says on the loopback, and by the specification."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.fastcgi import ASKED, PROTOCOL, looks_untrusted, pairs_untrusted

ANSWER = b"\x01\n\0\0\0\x12\x06\0\x0f\x01FCGI_MPXS_CONNS0\0\0\0\0\0\0"
SCRIPTS: dict[str, list[Line]] = {"php-fpm": [(">", ASKED), ("<", ANSWER)]}


def test_php_fpm() -> None:
    service = play(PROTOCOL, SCRIPTS["php-fpm"])
    assert (service.protocol, service.confidence) == ("fastcgi", 0.98)
    assert service.detail == {"FCGI_MPXS_CONNS": "0"}


def test_what_is_asked_is_a_record_whose_lengths_fit() -> None:
    assert ASKED[:2] == b"\x01\x09"
    assert int.from_bytes(ASKED[4:6], "big") == len(ASKED) - 8
    assert pairs_untrusted(ASKED[8:]) == {"FCGI_MAX_CONNS": "", "FCGI_MAX_REQS": "", "FCGI_MPXS_CONNS": ""}


def test_long_lengths() -> None:
    assert pairs_untrusted(b"\x80\0\0\x02\x01abc") == {"ab": "c"}


@pytest.mark.parametrize(
    "said", [ASKED, ANSWER.replace(b"FCGI", b"ICGF"), b"\x01\n\0\0\xff\xff\0\0", b"HTTP/1.1"]
)
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", said)]).protocol is None


def test_looks() -> None:
    assert (looks_untrusted(ANSWER), looks_untrusted(ASKED)) == (0.9, 0)


@given(st.binary(max_size=40))
def test_any_pairs(data: bytes) -> None:
    with suppress(BadReply):
        pairs_untrusted(data)
