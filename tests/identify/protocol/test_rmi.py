"""RMI, by what rmiregistry of Java 17 says on the loopback; the names of the second script are added to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.protocol.rmi import HELLO, LISTING, PROTOCOL, US, looks_untrusted, names_untrusted

TAKEN = b'N\0\x09127.0.0.1\0\0\xb7"'
HEAD = (
    b"Q\xac\xed\0\5w\x0f\1\x90G\xf3\x85\0\0\1\xa2\x14\xfc\x9b\xb1\x80\1ur\0\x13[Ljava.lang.String;\xad\xd2V\xe7\xe9\x1d{G"
    b"\2\0\0pxp"
)
EMPTY, TWO = HEAD + bytes(4), HEAD + b"\0\0\0\2t\0\6jmxrmit\0\3abc"
EXCEPTION = (
    b"Q\xac\xed\0\5w\x0f\2\x90G\xf3\x85\0\0\1\xa2\x14\xfc\x9b\xb1\x80\1sr\0\x1bjava.rmi.UnmarshalException"
)
SCRIPTS: dict[str, list[Line]] = {
    "rmiregistry": [(">", HELLO), ("<", TAKEN), (">", US + LISTING), ("<", EMPTY)],
    "two names": [(">", HELLO), ("<", TAKEN), (">", US + LISTING), ("<", TWO)],
    "no registry": [(">", HELLO), ("<", TAKEN), (">", US + LISTING), ("<", EXCEPTION), ("end", b"closed")],
}


@pytest.mark.parametrize(("name", "names"), [("rmiregistry", []), ("two names", ["jmxrmi", "abc"])])
def test_a_registry(name: str, names: list[str]) -> None:
    service = play(PROTOCOL, SCRIPTS[name])
    assert (service.protocol, service.confidence, service.info) == ("rmi", 0.95, "registry")
    assert service.detail["names"] == names


def test_no_registry() -> None:
    assert play(PROTOCOL, SCRIPTS["no registry"]).info == "no registry"


@pytest.mark.parametrize("said", [HELLO, b"N\0\0", b"N\0\4\0\1\2\3\0\0\0\0", b"NO SUCH COMMAND\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [(">", HELLO), ("<", said)]).protocol is None
    assert looks_untrusted(said) == 0
    assert looks_untrusted(TAKEN) == 0.6


@given(st.binary(max_size=60))
def test_any_names(data: bytes) -> None:
    names_untrusted(data)
    names_untrusted(TWO[:-8] + data)
