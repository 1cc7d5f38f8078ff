"""A thread that identifies: real servers on the loopback, a guard in front, an end that leaves nothing behind."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from pathlib import Path

import pytest
from tests.identify.certificates import server_context
from tests.scan.test_guard import Hand, guard_of
from tests.space.scopes import scope

from periplus.identify.driver.driver import Port
from periplus.identify.service import Came, Service
from periplus.scan.config import Identify
from periplus.scan.guard import Guard
from periplus.scan.identifier import Identifier, SecondOpinion, all_signatures, system_roots
from periplus.transport.sockets import Opener

USUAL = Identify()
LOCAL = "127.0.0.1"
PATIENCE_S = 20.0


@contextmanager
def greeting(line: bytes, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[object]]]:
    """A server that greets everybody; gives its port, and who came."""
    came: list[object] = []
    with socket.create_server((LOCAL, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, where = listener.accept()
                except OSError:
                    return
                came.append(where)
                with peer, suppress(OSError):  # a hello may ask for what is not there
                    end = tls.wrap_socket(peer, server_side=True) if tls else peer
                    end.sendall(line)
                    end.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], came
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def identifier(guard: Guard | None = None, how: Identify = USUAL) -> Iterator[Identifier]:
    made = Identifier(how, Opener(), guard)
    try:
        yield made
    finally:
        made.close()
        made.close()


def first(made: Identifier) -> Service:
    """What becomes known next."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for service in made.poll():
            return service
        time.sleep(0.005)
    raise AssertionError("nothing became known")


def test_a_service_becomes_known() -> None:
    with greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, _), identifier() as made:
        made.submit(Port(LOCAL, port))
        service = first(made)
    assert (service.protocol, service.product, service.port) == ("ssh", "OpenSSH", port)


def test_a_host_that_is_dropped_is_asked_nothing_more() -> None:
    with (
        socket.create_server((LOCAL, 0)) as mute,
        greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, _),
        identifier() as made,
    ):
        made.submit(Port(LOCAL, mute.getsockname()[1]))
        made.drop(LOCAL)
        made.submit(Port(LOCAL, port))
        assert first(made).port == port
        assert not made.poll()


def test_tls_is_audited_when_asked(tmp_path: Path) -> None:
    context = server_context(tmp_path)
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA")
    with (
        greeting(b"SSH-1.5-OpenSSH_1.2.3\n", context) as (port, came),
        identifier(how=Identify(tls_audit=True)) as made,
    ):
        made.submit(Port(LOCAL, port))
        service = first(made)
    assert service.protocol == "ssh"
    assert service.tls is not None
    assert service.tls["versions"] == ["TLSv1.3", "TLSv1.2"]
    ciphers = service.tls["ciphers"]
    assert isinstance(ciphers, dict)
    assert ciphers["TLSv1.2"] == ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"]
    assert str(service.tls["jarm"]).startswith("1ed")
    assert service.tls["grade"] == "C"
    assert len(came) > 20


def test_outside_the_scope_nobody_is_asked() -> None:
    with greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, came):
        with identifier(guard_of(scope(networks=["198.18.0.0/24"]))) as made:
            made.submit(Port(LOCAL, port))
            service = first(made)
        assert came == []
    assert service.came is Came.FAULT
    assert "outside" in service.problems[0]


def test_what_the_rate_does_not_let_out_waits() -> None:
    hand = Hand()
    guard = Guard(None, hand.now_us, lambda: hand.epoch, max_rate=10.0)
    with greeting(b"SSH-1.5-OpenSSH_1.2.3\n") as (port, came), identifier(guard) as made:
        with guard.leave(100, lambda _: None) as leave:
            leave.left = leave.may
        made.submit(Port(LOCAL, port))
        waiting = threading.Event()
        waiting.wait(0.05)
        assert came == []
        hand.now += 1_000_000
        assert first(made).protocol == "ssh"


def test_an_end_with_work_left_leaves_nothing_behind() -> None:
    with greeting(b"") as (port, _):
        with identifier() as made:
            for _ in range(20):
                made.submit(Port(LOCAL, port))
        assert "identify" not in {thread.name for thread in threading.enumerate()}


def test_the_signatures_of_the_program_are_read() -> None:
    assert len(all_signatures()) > 3


def test_signatures_of_the_user_stand_in_front(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    entry = 'field = "ssh.software"\nmatch = "^OpenSSH"\nproduct = "Ours"\nsample = "x"\norigin = "x"\n'
    own.write_text(f"[[signature]]\n{entry}", encoding="utf-8")
    found = all_signatures(str(own)).match("ssh.software", "OpenSSH_9.6")
    assert found is not None
    assert found.product == "Ours"
    assert len(all_signatures(str(own))) == len(all_signatures()) + 1


def test_files_in_a_folder_of_recog_that_cannot_be_read_are_told_and_the_rest_counts(tmp_path: Path) -> None:
    (tmp_path / "broken.xml").write_text("<fingerprints", encoding="utf-8")
    (tmp_path / "latin.xml").write_bytes(b"<fingerprints>\xff</fingerprints>")
    (tmp_path / "ssh_banners.xml").write_text(
        "<fingerprints matches='ssh.banner'><fingerprint pattern='^Thing$'><param pos='0' "
        "name='service.product' value='Thing'/></fingerprint></fingerprints>",
        encoding="utf-8",
    )
    told: list[str] = []
    found = all_signatures(None, str(tmp_path), told.append).match("ssh.software", "Thing")
    assert found is not None
    assert found.product == "Thing"
    assert [line.partition(":")[0] for line in told] == ["broken.xml", "latin.xml"]


def test_nmaps_file_that_cannot_be_read_is_told_and_is_no_opinion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, *_: object, **__: object) -> str:
        raise PermissionError(EACCES, "Permission denied", str(path))

    file = tmp_path / "nmap-service-probes"
    file.touch()
    monkeypatch.setattr(Path, "read_text", refused)
    told: list[str] = []
    assert SecondOpinion(str(file), told.append)(b"SSH-2.0-x", None) is None
    assert told == [f"{file}: Permission denied"]


def test_roots_of_this_machine_can_be_had_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(system_roots(), list)
    monkeypatch.setenv("SSL_CERT_FILE", "/does/not/exist")
    assert system_roots() == []
