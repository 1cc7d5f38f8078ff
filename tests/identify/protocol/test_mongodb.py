"""MongoDB: documents by bsonspec.org with what mongod 7.0 gives; MockupDB 1.8 and NX-27017 0.8."""

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
MOCKUP = (
    bytes.fromhex(
        "450000005d9e02006972655001000000000000000000000000000000000000000100000021000000106d"
        "61785769726556657273696f6e0006000000106f6b000100000000"
    ),
    bytes.fromhex(
        "64000000d73c0b0069726550dd07000000000000004f0000000276657273696f6e0006000000332e362e"
        "30000476657273696f6e4172726179002100000010300003000000103100060000001032000000000010"
        "33000000000000106f6b000100000000"
    ),
)
NX = (
    bytes.fromhex(
        "fb0000006972655069726550010000000000000000000000000000000000000001000000d7000000106f"
        "6b00010000000869735772697461626c655072696d6172790001106d617842736f6e4f626a6563745369"
        "7a650000000001106d61784d65737361676553697a65427974657300006cdc02106d6178577269746542"
        "6174636853697a6500a0860100096c6f63616c54696d65001bae5016a2010000106c6f676963616c5365"
        "7373696f6e54696d656f75744d696e75746573001e00000010636f6e6e656374696f6e49640001000000"
        "106d696e5769726556657273696f6e0011000000106d61785769726556657273696f6e001900000000"
    ),
    bytes.fromhex(
        "6d0100000300000069726550dd070000000000000058010000106f6b000100000002686f737400030000"
        "00766d000276657273696f6e0006000000372e302e30000270726f6365737300090000006e785f323730"
        "31370010706964005b24000010757074696d65007002000010757074696d654d696c6c697300a0880900"
        "10757074696d65457374696d6174650070020000096c6f63616c54696d65001dae5016a2010000036173"
        "7365727473004100000010726567756c61720000000000107761726e696e670000000000106d73670000"
        "0000001075736572000000000010726f6c6c6f7665727300000000000003636f6e6e656374696f6e7300"
        "210000001063757272656e74000100000010617661696c61626c6500e803000000036d656d002a000000"
        "10626974730040000000107265736964656e74000010e701107669727475616c0000c0c1060003676c6f"
        "62616c4c6f636b001400000010746f74616c54696d6500000000000000"
    ),
)
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
    "MockupDB 1.8.1": [
        (">", query("isMaster")),
        ("<", MOCKUP[0]),
        (">", message("buildInfo")),
        ("<", MOCKUP[1]),
    ],
    "NX-27017 0.8.1": [(">", query("isMaster")), ("<", NX[0]), (">", message("buildInfo")), ("<", NX[1])],
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


def test_other_implementations() -> None:
    service = play(PROTOCOL, SCRIPTS["MockupDB 1.8.1"])
    assert (service.product, service.version, service.info) == ("MongoDB", "3.6.0", "speaks like MongoDB 3.6")
    service = play(PROTOCOL, SCRIPTS["NX-27017 0.8.1"])
    assert (service.product, service.version, service.info) == ("NX-27017", None, "speaks like MongoDB 8.0")


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
