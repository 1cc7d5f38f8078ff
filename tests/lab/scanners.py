"""Running Nmap and Periplus inside the lab, and reading both outputs into one shape.

A `Scan` holds a verdict (state, reason, who sent it) for every port asked, folded ports included, so that two
scanners can be compared port by port with `==`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from tests.lab.network import LabError, Node

__all__ = [
    "OURS",
    "Ran",
    "Scan",
    "Verdict",
    "finish",
    "nmap",
    "periplus",
    "read_ndjson",
    "read_nmap",
    "spawn",
    "start",
]

ROOT = Path(__file__).parents[2]
OURS = (sys.executable, "-P", "-m", "periplus")
PATIENCE = 240.0  # seconds after which a scanner is stuck


class Verdict(NamedTuple):
    """A port's state and reason, and the address that answered in the target's stead ("" when it did itself)."""

    state: str
    reason: str
    sender: str = ""


@dataclass(slots=True)
class Scan:
    """What a scanner said: verdicts by address and port, the hosts it called up; ours has notes and a summary too."""

    ports: dict[tuple[str, int], Verdict] = field(default_factory=dict)
    up: dict[str, bool] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)

    def of(self, *states: str) -> set[int]:
        """The ports in one of these states, on any host."""
        return {port for (_, port), verdict in self.ports.items() if verdict.state in states}

    def at(self, address: str) -> dict[int, Verdict]:
        """One host's verdicts by port."""
        return {port: verdict for (host, port), verdict in self.ports.items() if host == address}


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process: exit status (as a shell gives it) and its output."""

    status: int
    out: str
    err: str

    def scan(self) -> Scan:
        """The verdicts in an output of NDJSON, of a run that must have ended well."""
        if self.status or "Traceback" in self.err:
            raise LabError(f"status {self.status}: {self.err}")
        return read_ndjson(self.out)


def environment() -> dict[str, str]:
    """The process's environment with the checkout's package first, and no terminal."""
    return os.environ | {"PYTHONPATH": str(ROOT / "src"), "TERM": "dumb", "COLUMNS": "120"}


def start(node: Node, argv: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start in the namespace, output kept for `finish`."""
    kept = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return node.start(*argv, **kept, env=environment())


def finish(child: subprocess.Popen[bytes], patience: float) -> Ran:
    """Wait for the end; a process that takes longer is killed, and that is an error: nothing may hang."""
    try:
        out, err = child.communicate(timeout=patience)
    except subprocess.TimeoutExpired as late:
        child.kill()
        child.communicate()
        raise LabError(f"{child.args!r} hangs") from late
    status = child.returncode if child.returncode >= 0 else 128 - child.returncode
    return Ran(status, out.decode(), err.decode(errors="replace"))


def spawn(node: Node, argv: Sequence[str], patience: float = PATIENCE) -> Ran:
    """Run to the end in the namespace."""
    return finish(start(node, argv), patience)


def nmap(node: Node, *words: str) -> Scan:
    """Nmap's verdicts; always `-n -Pn --reason`, IPv6 by the look of the target."""
    six = ["-6"] if any(":" in word for word in words) else []
    ran = spawn(node, ["nmap", "-n", "-Pn", "--reason", *six, "-oX", "-", *words])
    if ran.status:
        raise LabError(f"nmap {' '.join(words)}: {ran.err}")
    return read_nmap(ran.out)


def periplus(node: Node, *words: str, before: Sequence[str] = (), patience: float = 60.0) -> Ran:
    """Run ``periplus scan -n WORDS``; `before` is what to start it under (setpriv and the like)."""
    return spawn(node, [*before, *OURS, "scan", "-n", *words], patience)


def read_nmap(text: str) -> Scan:
    """Nmap's XML, folded ports unfolded."""
    scan = Scan()
    for host in ET.fromstring(text).iterfind("host"):
        address = host.find("address[@addrtype!='mac']")
        status = host.find("status")
        if address is None or status is None:
            continue
        where = address.attrib["addr"]
        scan.up[where] = status.attrib["state"] == "up"
        for port in host.iterfind("ports/port"):
            state = port.find("state")
            if state is not None:
                sender = state.get("reason_ip", "")
                scan.ports[where, int(port.attrib["portid"])] = Verdict(
                    state.attrib["state"], state.attrib["reason"], sender
                )
        for folded in host.iterfind("ports/extraports"):
            for why in folded.iterfind("extrareasons"):
                verdict = Verdict(
                    folded.attrib["state"], REASONS.get(why.attrib["reason"], why.attrib["reason"])
                )
                scan.ports.update({(where, number): verdict for number in numbers(why.attrib["ports"])})
    return scan


# Nmap's folded lines write these reasons in the plural
REASONS = {"resets": "reset", "no-responses": "no-response"}


def numbers(text: str) -> list[int]:
    """The ports of a list such as ``1-3,5``."""
    spans = [part.partition("-") for part in text.split(",")]
    return [number for first, _, last in spans for number in range(int(first), int(last or first) + 1)]


def read_ndjson(text: str) -> Scan:
    """Our NDJSON; every line must be an object of a known type, and ports must have been asked for one by one."""
    scan = Scan()
    for row in map(json.loads, text.splitlines()):
        match row["type"]:
            case "port":
                key = row["addr"], row["port"]
                if key in scan.ports:
                    raise LabError(f"{key} is told twice")
                scan.ports[key] = Verdict(row["state"], row["reason"], row.get("sender") or "")
            case "host":
                scan.up[row["addr"]] = row["up"]
                scan.notes[row["addr"]] = row.get("notes", [])
            case "summary":
                scan.summary = row
            case "run":
                scan.run = row
            case other:
                raise LabError(f"unknown row {other!r}")
    return scan
