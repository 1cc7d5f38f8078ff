"""UDP services as Debian ships them, run for the lab: DNS, SNMP, NTP, TFTP.

Each runs in its host's namespace in the foreground, with its files in a directory of the caller's, and changes
nothing of the machine: chronyd does not touch the clock. They end with their `Node`.

Limits: root; what is not installed is not run, and the caller is told which.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.network import Node

__all__ = ["DAEMONS", "Daemon", "bound", "serve"]


@dataclass(frozen=True, slots=True)
class Daemon:
    """A program with its words, the port that it serves, and the files that it wants; `{files}` is where they lie."""

    package: str
    program: str
    words: tuple[str, ...]
    port: int
    config: str = ""

    @property
    def installed(self) -> bool:
        """Whether this machine has it."""
        return shutil.which(self.program, path="/usr/sbin:/usr/bin") is not None


DAEMONS = (
    Daemon(
        "dnsmasq-base",
        "dnsmasq",
        ("--keep-in-foreground", "--conf-file={files}/dnsmasq-base", "--pid-file"),
        53,
        "no-resolv\nno-hosts\nuser=root\nlog-facility=/dev/null\naddress=/example/198.18.0.9\n",
    ),
    Daemon(
        "snmpd",
        "snmpd",
        ("-f", "-Ln", "-C", "-c", "{files}/snmpd", "-p", "{files}/snmpd.pid"),
        161,
        "agentaddress udp:161,udp6:161\nrocommunity public\nrocommunity6 public\n",
    ),
    Daemon(
        "chrony",
        "chronyd",
        ("-d", "-x", "-u", "root", "-f", "{files}/chrony"),
        123,
        "allow all\nlocal stratum 10\ncmdport 0\nbindcmdaddress /\npidfile {files}/chrony.pid\n",
    ),
    Daemon(
        "tftpd-hpa", "in.tftpd", ("--foreground", "--listen", "--user", "root", "--secure", "{files}"), 69
    ),
)


def serve(node: Node, daemon: Daemon, files: Path) -> None:
    """Start one. It is not waited for: whoever asks must ask again, or look at `bound`."""
    if daemon.config:
        (files / daemon.package).write_text(daemon.config.format(files=files))
    words = [word.format(files=files) for word in daemon.words]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    node.start(f"/usr/sbin/{daemon.program}", *words, **quiet)


def bound(node: Node, port: int) -> bool:
    """Whether somebody listens for datagrams at that port."""
    table = node.run("grep", "-h", ":", "/proc/net/udp", "/proc/net/udp6").splitlines()
    places = (line.split()[1] for line in table if not line.lstrip().startswith("sl"))
    return any(int(place.rpartition(":")[2], 16) == port for place in places)
