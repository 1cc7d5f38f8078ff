"""The first step, field by field."""

from tests.payload.reading import data, fields


def test_it_is_step_0_unencrypted() -> None:
    mac, packet, client, flags, version, step, *chance, end = fields("!8sHHBIBII8s", data("teamspeak-3"))
    assert (mac, packet, client, flags, step) == (b"TS3INIT1", 101, 0, 0x88, 0)
    assert version
    assert all(chance)
    assert end == bytes(8)
    assert len(data("teamspeak-3")) == 34
