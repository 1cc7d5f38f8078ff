"""NATS: what nats-server of Debian 12 greets with on the loopback."""

from tests.identify.script import Line, play

from periplus.identify.protocol.nats import PROTOCOL

SCRIPTS: dict[str, list[Line]] = {
    "nats-server of Debian 12": [
        (
            "<",
            (
                b'INFO {"server_id":"NCO7FD3JUDPIRVNQQBYRB4CMUJXIB37LI2XDYP3NSC333IHJXZB54SCQ","server_name"'
                b':"NCO7FD3JUDPIRVNQQBYRB4CMUJXIB37LI2XDYP3NSC333IHJXZB54SCQ","version":"2.9.10","proto":1,"'
                b'go":"go1.19.8","host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,"client'
                b'_id":6,"client_ip":"127.0.0.1"} \r\n'
            ),
        ),
    ],
    "no object": [("<", b'INFO {"server_id"\r\n')],
    "no NATS": [("<", b"INFO hello\r\n")],
}


def test_nats() -> None:
    service = play(PROTOCOL, SCRIPTS["nats-server of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("nats", "NATS server", "2.9.10")


def test_what_is_no_nats_is_not_known() -> None:
    for name in ("no object", "no NATS"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None
