"""MongoDB: documents by bsonspec.org in messages of the wire protocol, with the members that mongod 7.0 gives."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.bson import written
from periplus.identify.protocol.mongodb import HEAD, OURS, PROTOCOL, message, query, reply_untrusted


def answered(code: int, document: bytes, to: int = OURS) -> bytes:
    body = (bytes(16) + struct.pack("<i", 1) if code == 1 else bytes(5)) + document
    return HEAD.pack(HEAD.size + len(body), 77, to, code) + body


HELLO = written({"ismaster": 1, "maxWireVersion": 21, "setName": "rs0", "ok": 1})
BUILD = written({"version": "7.0.5", "gitVersion": "7809d71e84e314b497f282ea8aa06d7ded3eb205", "ok": 1})
OLD = written({"ismaster": 1, "maxWireVersion": 2, "ok": 1})
FERRET = written({"version": "7.0.42", "ferretdbVersion": "v1.21.0", "ok": 1})
LOCKED = written({"ok": 0, "errmsg": "command buildInfo requires authentication", "code": 13})
SCRIPTS: dict[str, list[Line]] = {
    "mongod 7.0": [
        (">", query("isMaster")),
        ("<", answered(1, HELLO)),
        (">", message("buildInfo")),
        ("<", answered(2013, BUILD)),
    ],
    "mongod 2.6": [
        (">", query("isMaster")),
        ("<", answered(1, OLD)),
        (">", query("buildInfo")),
        ("<", answered(1, written({"version": "2.6.12", "ok": 1}))),
    ],
    "FerretDB": [(">", None), ("<", answered(1, HELLO)), (">", None), ("<", answered(2013, FERRET))],
    "behind a password": [(">", None), ("<", answered(1, HELLO)), (">", None), ("<", answered(2013, LOCKED))],
    "an answer to somebody else": [(">", None), ("<", answered(1, HELLO, to=1))],
}


def test_mongodb() -> None:
    service = play(PROTOCOL, SCRIPTS["mongod 7.0"])
    assert (service.protocol, service.product, service.version) == ("mongodb", "MongoDB", "7.0.5")
    assert service.detail["setName"] == "rs0"


def test_an_old_one_is_asked_in_the_old_way() -> None:
    assert play(PROTOCOL, SCRIPTS["mongod 2.6"]).version == "2.6.12"


def test_what_speaks_like_it() -> None:
    service = play(PROTOCOL, SCRIPTS["FerretDB"])
    assert (service.product, service.version) == ("FerretDB", "1.21.0")


def test_the_release_follows_from_the_wire_version_where_the_build_is_not_told() -> None:
    service = play(PROTOCOL, SCRIPTS["behind a password"])
    assert (service.product, service.version, service.info) == (None, None, "speaks like MongoDB 7.0")


def test_what_is_no_mongodb_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["an answer to somebody else"]).protocol is None
    assert play(PROTOCOL, [(">", None), ("<", answered(1, written({"hello": 1})))]).protocol is None


@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    survive(data, reply_untrusted)
    survive(answered(1, data), reply_untrusted)
