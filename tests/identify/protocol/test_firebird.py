"""Firebird: what firebird3.0-server of Debian 12 answers on the loopback, and operations by its protocol."""

import struct

from tests.identify.script import Line, play

from periplus.identify.protocol.firebird import PROTOCOL, question, xdr

SCRIPTS: dict[str, list[Line]] = {
    "firebird3.0-server of Debian 12": [
        (">", None),
        ("<", bytes.fromhex("0000005c00000000000000000000000000000000")),
    ],
    "Firebird 2.5": [(">", question()), ("<", struct.pack("!4I", 3, 0x800C, 1, 5))],
    "one that names its plugin": [
        (">", question()),
        ("<", struct.pack("!4I", 98, 0x8010, 1, 5) + xdr(b"") + xdr(b"Srp256") + struct.pack("!I", 0)),
    ],
    "none of our protocols": [(">", question()), ("<", struct.pack("!I", 4))],
    "a protocol that was not offered": [(">", question()), ("<", struct.pack("!4I", 3, 77, 1, 5))],
    "data for nobody": [(">", question()), ("<", struct.pack("!5I", 92, 1, 0, 0, 0))],
}


def test_firebird_3() -> None:
    service = play(PROTOCOL, SCRIPTS["firebird3.0-server of Debian 12"])
    assert (service.protocol, service.product, service.info) == ("gds-db", "Firebird", "3.0 or later")


def test_protocols() -> None:
    service = play(PROTOCOL, SCRIPTS["Firebird 2.5"])
    assert (service.info, service.detail["protocol"]) == ("2.5", 12)
    service = play(PROTOCOL, SCRIPTS["one that names its plugin"])
    assert (service.info, service.detail["auth_plugin"]) == ("4.0", "Srp256")


def test_a_refusal_is_no_proof() -> None:
    assert play(PROTOCOL, SCRIPTS["none of our protocols"]).confidence < 0.7


def test_what_is_no_firebird_is_not_known() -> None:
    for name in ("a protocol that was not offered", "data for nobody"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None
