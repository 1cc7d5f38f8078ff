"""The command's first steps: cheap, and the scout before NumPy."""

import subprocess
import sys
from typing import Self

import pytest

from periplus.cli.commands import scan
from periplus.errors import UsageError
from periplus.transport.scout import Scout


def test_the_command_imports_no_numpy_before_it_is_run() -> None:
    code = "import sys; import periplus.cli.commands.scan; print('numpy' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("arguments", [["-sT", "-Pn", "-Q"], ["-sL", "-Q"], ["--help"], ["-Q"]])
def test_no_child_is_left_whatever_comes(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Child:
        closed = False

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.closed = True

    def start() -> Child:
        started.append(Child())
        return started[-1]

    monkeypatch.setattr(scan, "can_send_raw", lambda: True)
    monkeypatch.setattr(Scout, "start", start)
    with pytest.raises((UsageError, SystemExit)):
        scan.main(arguments)
    assert [child.closed for child in started] == ([True] if arguments == ["-Q"] else [])
