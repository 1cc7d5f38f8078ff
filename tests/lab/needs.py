"""What the lab needs of a machine, and which of it this one lacks."""

import os
import shutil
import subprocess
import sys

__all__ = ["PROGRAMS", "missing"]

PROGRAMS = {  # program: Debian package
    "ip": "iproute2",
    "tc": "iproute2",
    "nft": "nftables",
    "nmap": "nmap",
    "nginx": "nginx-light",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
SYSTEM_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
os.environ["PATH"] = SYSTEM_PATH  # not every root has these there, and what is found must also be started


def missing() -> str | None:
    """Why there can be no lab here, in a few words; None when there can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root"
    lacking = sorted(
        {package for program, package in PROGRAMS.items() if not shutil.which(program, path=SYSTEM_PATH)}
    )
    if lacking:
        return f"needs Debian's {', '.join(lacking)}"
    return refused()


def refused() -> str | None:
    """Whether the kernel gives us a namespace with a veth pair and a firewall in it; its own words if not."""
    try_it = "mount -t tmpfs none /run && ip link add lab0 type veth peer name lab1 && nft add table inet lab"
    words = ["unshare", "--net", "--mount", "sh", "-c", try_it]
    tried = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": SYSTEM_PATH})
    return (
        f"no network namespaces here: {tried.stderr.strip().splitlines()[-1]}" if tried.returncode else None
    )
