"""clamd, by the form that clamd(8) and its documentation give of VERSION, and clamav-daemon 1.4.6 of Debian 12."""

import pytest
from tests.identify.script import Line, play

from periplus.identify.protocol.clamd import PROTOCOL, looks_untrusted

ASKED = b"nVERSION\n"
SCRIPTS: dict[str, list[Line]] = {
    "with signatures": [(">", ASKED), ("<", b"ClamAV 1.0.3/27101/Tue Nov 21 08:51:26 2023\n")],
    "clamav-daemon 1.4.6 of Debian 12": [(">", ASKED), ("<", b"ClamAV 1.4.6\n")],
    "without": [(">", ASKED), ("<", b"ClamAV 0.103.8\n")],
}


def test_versions() -> None:
    service = play(PROTOCOL, SCRIPTS["with signatures"])
    assert (service.protocol, service.info) == ("clamd", "signatures 27101")
    assert service.detail["engine"] == "1.0.3"
    assert play(PROTOCOL, SCRIPTS["without"]).detail["signatures"] is None


def test_clamav() -> None:
    service = play(PROTOCOL, SCRIPTS["clamav-daemon 1.4.6 of Debian 12"])
    assert (service.product, service.version) == ("ClamAV", "1.4.6")


@pytest.mark.parametrize("said", [ASKED, b"ClamAV\n", b"HTTP/1.1 400 Bad Request\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [(">", ASKED), ("<", said)]).protocol is None
    assert looks_untrusted(b"UNKNOWN COMMAND\n") == 0.9
