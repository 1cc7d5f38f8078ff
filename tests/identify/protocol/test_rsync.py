"""rsync, by what rsync 3.2.7 of Debian 12 (as patched, protocol 32) says on the loopback."""

from tests.identify.script import Line, play

from periplus.identify.protocol.rsync import OURS, PROTOCOL, looks_untrusted

SCRIPTS: dict[str, list[Line]] = {
    "two modules": [
        ("<", b"@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n"),
        (">", OURS),
        ("<", b"Welcome to rsync\n\nbackup         \tNightly backups\npub            \t\n@RSYNCD: EXIT\n"),
    ],
    "an old one without modules": [("<", b"@RSYNCD: 29\n"), (">", OURS), ("<", b"@RSYNCD: EXIT\n")],
}


def test_modules() -> None:
    service = play(PROTOCOL, SCRIPTS["two modules"])
    assert (service.protocol, service.info) == ("rsync", "protocol version 32")
    assert service.detail["modules"] == {"backup": "Nightly backups", "pub": ""}
    assert service.detail["motd"] == "Welcome to rsync"
    assert play(PROTOCOL, SCRIPTS["an old one without modules"]).detail["modules"] == {}


def test_what_is_none() -> None:
    assert play(PROTOCOL, [("<", b"@RSYNCD: soon\n")]).protocol is None
    assert looks_untrusted(b"@RSYNCD: 3") == 0.99
    assert looks_untrusted(b"@ERROR") == 0
