"""The dry scan: what answers in memory answers as the lab's responder, and a scan of it finds the whole truth."""

import json
import subprocess
import sys

import numpy as np
from bench.dry import FIRST, LANE, MANNER, PORTS_ME, answers, scanned
from bench.truth import below, open_keys
from scapy.layers.inet import IP, TCP

from periplus.wire.tcp import ACK, RST, SYN

HOSTS, PORTS = 200, np.arange(1, 101).astype(np.uint16)


def test_answers_are_what_the_targets_would_say() -> None:
    asked = [
        bytes(IP(src="198.18.0.1", dst=f"198.19.0.{n}") / TCP(sport=PORTS_ME[0], dport=n, seq=2**32 - 1))
        for n in range(1, 201)
    ]
    frames = np.frombuffer(b"".join(asked), np.uint8).reshape(200, -1)
    number = np.arange(1, 201)
    them, port = (FIRST + number).astype(np.uint32), number.astype(np.uint16)
    heard, is_open = (below(them, port, bound) for bound in (MANNER.closed_below, MANNER.open_below))
    packets = answers(LANE, frames, 77)
    assert len(packets) == heard.sum() < 200
    for data, n, opened in zip(packets.data, number[heard], is_open[heard], strict=True):
        said = IP(data[:40].tobytes())
        assert (said.src, said.dst, said.len) == (f"198.19.0.{n}", "198.18.0.1", 40)
        assert (said[TCP].sport, said[TCP].dport, said[TCP].ack) == (n, PORTS_ME[0], 0)
        assert int(said[TCP].flags) == (SYN | ACK if opened else RST | ACK)
    assert set(packets.time_us.tolist()) == {77}


def test_a_dry_scan_finds_what_is_open() -> None:
    them = (FIRST + np.arange(HOSTS)).astype(np.uint32)
    assert scanned(HOSTS, PORTS).open == len(open_keys(them, PORTS, MANNER)) > 0


def test_as_a_command() -> None:
    words = [sys.executable, "-P", "bench/dry.py", "20", "100"]
    said = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    assert said["found"] == scanned(20, np.arange(1, 101).astype(np.uint16)).open
    assert said["seconds"] > 0
