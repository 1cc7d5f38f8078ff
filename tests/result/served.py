"""A host whose services were identified, for the tests of the formats."""

from dataclasses import replace

from tests.result.examples import usual_host

from periplus.findings import Detail, Passage, Way
from periplus.result.row import HostReport, ServiceRow

SSH = ServiceRow(
    "tcp",
    22,
    "identified",
    "ssh",
    confidence=0.99,
    why="identification string SSH-2.0-",
    product="OpenSSH",
    vendor="OpenBSD",
    version="9.2p1",
    info="Debian 2+deb12u3",
    os="Debian 12",
    cpe=("cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*", "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*"),
    rule="ssh.software ~ ^OpenSSH",
    detail={"kex": ["one", "two"], "protocol": "2.0"},
    passages=(Passage(Way.THEIRS, b"SSH-2.0-x\r\n\x1b[31m", 0.5), Passage(Way.NOTE, b"closed", 1.0)),
)
CERTIFICATE: dict[str, Detail] = {
    "subject": 'CN=a.example "&<',
    "issuer": "CN=b.example",
    "key": "RSA",
    "key_bits": 2048,
    "signature": "sha256",
    "not_before": "2026-01-01T00:00:00+00:00",
    "not_after": "2027-01-01T00:00:00+00:00",
    "sha256": "0" * 64,
}
HTTPS = ServiceRow(
    "tcp",
    443,
    "identified",
    "http",
    confidence=0.95,
    why="status line",
    runner_up=("rtsp", 0.3),
    product="nginx",
    tls={"version": "TLSv1.3", "certificate": {**CERTIFICATE}, "grade": "A"},
    problems=("no FTP",),
)
SILENT = ServiceRow("tcp", 80, "silent")


def served_host(*services: ServiceRow) -> HostReport:
    """The usual host with these services; with all of them if none is given."""
    return replace(usual_host(), services=services or (SSH, SILENT, HTTPS))
