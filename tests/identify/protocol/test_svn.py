"""Subversion, by what svnserve 1.14.2 of Debian 12 says on the loopback."""

from tests.identify.script import Line, play

from periplus.identify.protocol.svn import PROTOCOL, looks_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "svnserve": [("<", b"( success ( 2 2 ( ) ( edit-pipeline svndiff1 accepts-svndiff2 list ) ) ) ")],
    "svnserve of old, with mechanisms": [
        ("<", b"( success ( 1 2 ( ANONYMOUS CRAM-MD5 ) ( edit-pipeline ) ) ) ")
    ],
}


def test_greetings() -> None:
    service = play(PROTOCOL, SCRIPTS["svnserve"])
    assert (service.protocol, service.product, service.vendor) == ("svn", "svnserve", "Apache")
    assert service.detail["capabilities"] == ["edit-pipeline", "svndiff1", "accepts-svndiff2", "list"]
    assert play(PROTOCOL, SCRIPTS["svnserve of old, with mechanisms"]).detail["mechanisms"] == [
        "ANONYMOUS",
        "CRAM-MD5",
    ]


def test_what_is_none() -> None:
    assert play(PROTOCOL, [("<", b"( failure ( ( 210005 0: 0: 0 ) ) ) ")]).protocol is None
    assert looks_untrusted(b"( success ( 2 2 ( ") == 0.98
