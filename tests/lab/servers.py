"""What listens in the lab: nginx and sshd as Debian ships them, plain listeners, a peer that answers badly, and
one for SCTP.

Each server runs in its host's namespace with its files in a directory of the caller's, writes nothing outside it
(sshd wants /run/sshd: it gets a /run of its own), and is ready when the function returns, because it was reached
or said so. They end with their `Node`.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab.network import LabError, Node, wait_until

__all__ = [
    "OPEN",
    "SSH",
    "WEB",
    "WEB_TOO",
    "furnish",
    "listen",
    "respond",
    "serve_sctp",
    "serve_ssh",
    "serve_udp",
    "serve_web",
    "stand_in",
    "tell_masks",
]

SSH = 22
WEB = 80
WEB_TOO = 8080  # of the same server
OPEN = frozenset({SSH, WEB, WEB_TOO})
HERE = Path(__file__).parent

NGINX = """\
daemon off; master_process off; pid {files}/nginx.pid; error_log {files}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off; root {files};
  client_body_temp_path {files}/body; proxy_temp_path {files}/proxy; fastcgi_temp_path {files}/fastcgi;
  uwsgi_temp_path {files}/uwsgi; scgi_temp_path {files}/scgi;
  server {{ listen 80; listen [::]:80; listen 8080; listen [::]:8080; }}
}}
"""
SSHD = """\
Port 22
ListenAddress 0.0.0.0
ListenAddress ::
HostKey {files}/host_key
PidFile {files}/sshd.pid
UsePAM no
MaxStartups 1000
"""


def serve_web(node: Node, files: Path) -> None:
    """nginx on ports 80 and 8080, IPv4 and IPv6."""
    config = files / "nginx.conf"
    config.write_text(NGINX.format(files=files))
    node.start("nginx", "-c", str(config), "-e", str(files / "nginx.log"), stdin=subprocess.DEVNULL)
    wait_until("nginx", lambda: listening(node, WEB))


def serve_ssh(node: Node, files: Path) -> None:
    """sshd on port 22, IPv4 and IPv6."""
    key, config = files / "host_key", files / "sshd_config"
    node.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    config.write_text(SSHD.format(files=files))
    own_run = 'mount -t tmpfs none /run; mkdir -m 755 /run/sshd; exec "$@"'
    words = ["/usr/sbin/sshd", "-D", "-f", str(config), "-E", str(files / "sshd.log")]
    node.start("unshare", "--mount", "sh", "-e", "-c", own_run, "sh", *words, stdin=subprocess.DEVNULL)
    wait_until("sshd", lambda: listening(node, SSH))


def furnish(node: Node, files: Path) -> None:
    """sshd and nginx: `OPEN` are the ports that are open then. `files` is a directory of the host's own."""
    serve_web(node, files)
    serve_ssh(node, files)


def listening(node: Node, port: int) -> bool:
    """Whether a connection from the host itself is taken, by both families."""
    code = "import socket, sys; [socket.create_connection((a, sys.argv[1]), 2) for a in ('127.0.0.1', '::1')]"
    words = node.inside([sys.executable, "-P", "-W", "ignore", "-c", code, str(port)])
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def listen(node: Node, *ports: int) -> None:
    """Plain listeners that take connections and close them, IPv4 and IPv6."""
    script(node, "listener.py", *map(str, ports))


def respond(node: Node, link: str, *served: int) -> None:
    """A peer that answers at `link` as the tables in `responder.py` say; the kernel's own answers to those
    ports must be silenced by the caller. With `served` ports it is a SYN proxy for all others."""
    script(node, "responder.py", link, *map(str, served))


def stand_in(node: Node, manner: str, port: int) -> None:
    """A listener for connections to any port, which the caller's firewall sends to this one (see `facade.py`)."""
    script(node, "facade.py", manner, str(port))


def serve_sctp(node: Node, *ports: int) -> None:
    """An SCTP endpoint that listens on these ports, IPv4 and IPv6, at the host's first link (see `sctp_peer.py`).

    All other ports are closed. As long as it runs the kernel does not say that it knows no SCTP.
    """
    script(node, "sctp_peer.py", node.links[0], *map(str, ports))


def serve_udp(node: Node, answering: Sequence[int], silent: Sequence[int] = ()) -> None:
    """UDP ports that answer every datagram, and ports that take it and say nothing; IPv4 and IPv6."""
    script(node, "datagrams.py", *map(str, answering), *(f"silent:{port}" for port in silent))


def tell_masks(node: Node, *addresses: str) -> None:
    """Answer ICMP address mask requests to these addresses, which Linux itself does not."""
    script(node, "masks.py", *addresses)


def script(node: Node, name: str, *words: str) -> None:
    """Start a script of this directory and wait until it says that it is ready."""
    child = node.start(sys.executable, "-P", str(HERE / name), *words, stdout=subprocess.PIPE)
    if not child.stdout or child.stdout.readline() != b"ready\n":
        raise LabError(f"{name} did not start")
