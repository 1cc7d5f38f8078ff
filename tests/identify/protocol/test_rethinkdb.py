"""RethinkDB: the answer of "Writing drivers", and its older error."""

from tests.identify.script import Line, play

from periplus.identify.protocol.rethinkdb import PROTOCOL

OURS = b"\xc3\xbd\xc2\x34"
SCRIPTS: dict[str, list[Line]] = {
    "RethinkDB 2.4": [
        (">", OURS),
        (
            "<",
            b'{"max_protocol_version":0,"min_protocol_version":0,"server_version":"2.4.1","success":true}\0',
        ),
    ],
    "an older one": [
        (">", OURS),
        ("<", b"ERROR: Received an unsupported protocol version. This port is for RethinkDB queries.\n\0"),
    ],
    "no RethinkDB": [(">", OURS), ("<", b'{"server":"none"}\0')],
}


def test_rethinkdb() -> None:
    service = play(PROTOCOL, SCRIPTS["RethinkDB 2.4"])
    assert (service.protocol, service.product, service.version) == ("rethinkdb", "RethinkDB", "2.4.1")
    assert play(PROTOCOL, SCRIPTS["an older one"]).protocol == "rethinkdb"


def test_what_is_no_rethinkdb_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no RethinkDB"]).protocol is None
