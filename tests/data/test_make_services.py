"""The generator of services.txt, over both forms of IANA's registry."""

import json
import subprocess
import sys
from pathlib import Path

from tools.make_services import HEADER, read_rows, spelled, table

from periplus.space.services import Services

TOOL = Path(__file__).parents[2] / "tools" / "make_services.py"
CSV = """\
Service Name,Port Number,Transport Protocol,Description
ssh,22,tcp,The Secure Shell (SSH) Protocol
ssh,22,sctp,SSH
,4,tcp,Unassigned
sql-net,66,udp,Oracle
sql*net,66,udp,Oracle
www,80,tcp,World Wide Web
discard,9,dccp,Discard
vnas,578-579,tcp,a range
_printer,,tcp,no port
"""


def test_the_first_name_stands_unless_another_is_known(tmp_path: Path) -> None:
    source = tmp_path / "registry.csv"
    source.write_text(CSV)
    assert table(read_rows(source)) == HEADER + (
        "22/tcp ssh\n22/sctp ssh\n66/udp sql-net\n80/tcp http\n578/tcp vnas\n579/tcp vnas\n"
    )


def test_the_json_export(tmp_path: Path) -> None:
    source = tmp_path / "registry.json"
    source.write_text(
        json.dumps({"22/tcp": ["ssh", "x"], "4/tcp": ["", "Unassigned"], "66/udp": ["sql*net", ""]})
    )
    text = table(read_rows(source))
    assert text == HEADER + "22/tcp ssh\n66/udp sql-net\n"
    assert Services(text).name(66, "udp") == "sql-net"


def test_historic_spellings() -> None:
    assert [spelled(name) for name in ("cl/1", "z39.50", "dec_dlm", "EtherNet/IP-1")] == [
        "cl-1",
        "z39-50",
        "dec-dlm",
        "ethernet-ip-1",
    ]


def test_the_command(tmp_path: Path) -> None:
    source = tmp_path / "registry.json"
    source.write_text('{"22/tcp": ["ssh", "x"]}')
    run = subprocess.run([sys.executable, TOOL, source], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("\n22/tcp ssh\n")
    assert subprocess.run([sys.executable, TOOL], capture_output=True, check=False).returncode == 1
