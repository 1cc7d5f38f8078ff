"""NetBIOS names: what nmbd of Debian 12 answers in a namespace, and a status with an address by RFC 1002."""

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.netbios_ns import PROTOCOL, QUESTION, status_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "nmbd of Debian 12": [
        (">", None),
        (
            "<",
            bytes.fromhex(
                "50658400000000010000000020434b4141414141414141414141414141414141414141414141414141414141"
                "4100002100010000000000ad0749444442484f53542020202020202000040049444442484f53542020202020"
                "202003040049444442484f53542020202020202020040001025f5f4d5342524f5753455f5f02018400494444"
                "4247525020202020202020200084004944444247525020202020202020201d04004944444247525020202020"
                "202020201e840000000000000000000000000000000000000000000000000000000000000000000000000000"
                "000000000000000000"
            ),
        ),
    ],
    "another question's answer": [(">", QUESTION), ("<", b"\0\1" + bytes(80))],
}
STATUS = SCRIPTS["nmbd of Debian 12"][1][1] or b""


def test_nmbd() -> None:
    service = play(PROTOCOL, SCRIPTS["nmbd of Debian 12"])
    assert (service.protocol, service.hostname, service.info) == (
        "netbios-ns",
        "IDDBHOST",
        "workgroup IDDBGRP",
    )
    assert service.detail["mac"] is None
    assert service.detail["roles"] == ["file server", "master browser"]


def test_an_address() -> None:
    head = STATUS[:54]
    names, address = status_untrusted(head + b"\0\x19\1WINDOWS        \0\4\0" + bytes.fromhex("0242ac110002"))
    assert (names, address) == ([("WINDOWS", 0, False)], "02:42:ac:11:00:02")


def test_what_is_no_status_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["another question's answer"]).protocol is None


@given(damaged(STATUS))
def test_any_bytes(data: bytes) -> None:
    survive(data, status_untrusted)
