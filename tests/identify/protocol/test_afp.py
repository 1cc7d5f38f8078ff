"""AFP: a status laid out by the Apple Filing Protocol Reference, with what Netatalk 3 says."""

import struct

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.afp import PROTOCOL, QUESTION, status_untrusted


def strings(*them: bytes) -> bytes:
    return bytes([len(them)]) + b"".join(bytes([len(each)]) + each for each in them)


MACHINE = b"\x0eNetatalk3.1.12"
VERSIONS = strings(b"AFP2.2", b"AFP3.4")
WAYS = strings(b"DHX2", b"No User Authent")
NAME = b"\4nas1"
AT = 10 + len(NAME)
STATUS = (
    struct.pack("!5H", AT, AT + len(MACHINE), AT + len(MACHINE) + len(VERSIONS), 0, 0x8FFB)
    + NAME
    + MACHINE
    + VERSIONS
    + WAYS
)
SCRIPTS: dict[str, list[Line]] = {
    "Netatalk": [(">", QUESTION), ("<", struct.pack("!BBHIII", 1, 3, 0x5065, 0, len(STATUS), 0) + STATUS)],
    "another request's reply": [(">", QUESTION), ("<", struct.pack("!BBHIII", 1, 3, 1, 0, 0, 0))],
}


def test_netatalk() -> None:
    service = play(PROTOCOL, SCRIPTS["Netatalk"])
    assert (service.protocol, service.product, service.version) == ("afp", "Netatalk", "3.1.12")
    assert service.hostname == "nas1"
    assert service.detail["ways"] == ["DHX2", "No User Authent"]


def test_what_is_no_afp_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["another request's reply"]).protocol is None


@given(damaged(STATUS))
def test_any_bytes(data: bytes) -> None:
    survive(data, status_untrusted)
