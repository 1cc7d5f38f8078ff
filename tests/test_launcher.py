"""The launcher and its environment, without a network: Python is real, `pip` is a stub that notes how it was called.

Each test has a checkout of its own, in a path with spaces, with a program of three lines for a package. Only what
could go wrong between the first run and the exec is tested here; that the locked packages install is seen by
whoever runs ./test.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from periplus import __version__

ROOT = Path(__file__).parents[1]
SYSTEM_PATH = "/usr/bin:/bin"

PROGRAM = "import os, sys\nprint(*sys.argv[1:], sep='|')\nprint(os.getcwd())\n"

# A Python that cannot make pip, as Debian's without python3-venv, but whose own pip can do it.
PYTHON = """#!/bin/sh
case "$*" in
*realpath*) [ -e "$0.old" ] || printf '%s\\n' "$0" ;;
*ensurepip*) exit 1 ;;
"-m pip "*) [ ! -e "$0.no-pip" ] || exit 1; printf '%s\\n' "$*" >>"$0.log" ;;
--version) echo "Python 3.9.2" ;;
*) exec "{real}" "$@" ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """A copy of the launcher with a small package, and the Python it finds."""

    root: Path
    home: Path
    python: Path

    @property
    def env(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": f"{self.python.parent}:{SYSTEM_PATH}"}

    @property
    def installs(self) -> list[str]:
        """The installations that were made so far, without the questions whether pip is there."""
        log = Path(f"{self.python}.log")
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if " install " in line]

    def run(self, *arguments: str, program: str | Path = "", cwd: Path | None = None) -> tuple[str, str]:
        """Run the launcher; what it printed and what it said, and its exit status is 0."""
        done = self.try_run(*arguments, program=program, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    def try_run(
        self, *arguments: str, program: str | Path = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        argv = [str(program or self.root / "periplus"), *arguments]
        return subprocess.run(
            argv, env=self.env, cwd=cwd or self.home, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root, home, python = tmp_path / "a check out", tmp_path / "a home", tmp_path / "a bin" / "python3"
    for directory in (root / "tools", root / "requirements", root / "src" / "periplus", home, python.parent):
        directory.mkdir(parents=True)
    shutil.copy(ROOT / "periplus", root)
    shutil.copy(ROOT / "tools" / "environment.sh", root / "tools")
    (root / "requirements" / "run.txt").write_text("# nothing\n")
    (root / "src" / "periplus" / "__init__.py").touch()
    (root / "src" / "periplus" / "__main__.py").write_text(PROGRAM)
    write_script(python, PYTHON.format(real=sys.executable))
    return Checkout(root, home, python)


def write_script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_the_first_run_makes_the_environment_and_says_so_and_later_ones_are_silent(
    checkout: Checkout,
) -> None:
    printed, said = checkout.run("scan", "a b", "")
    assert printed.splitlines() == ["scan|a b|", str(checkout.home)]
    assert [line.partition(": ")[0] for line in said.splitlines()] == ["periplus"] * 2
    assert checkout.run("again") == (f"again\n{checkout.home}\n", "")
    assert len(checkout.installs) == 1
    assert "--require-hashes" in checkout.installs[0]


def test_it_runs_through_symlinks_and_from_anywhere(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run()
    (tmp_path / "other place").mkdir()
    first, second = tmp_path / "other place" / "p", tmp_path / "q"
    first.symlink_to("../a check out/periplus")
    second.symlink_to("other place/p")
    for program, cwd in ((first, tmp_path), (second, tmp_path), ("./periplus", checkout.root)):
        assert checkout.run("x", program=program, cwd=cwd) == (f"x\n{cwd}\n", "")


def test_two_first_runs_at_once_make_one_environment(checkout: Checkout) -> None:
    both = [
        subprocess.Popen(
            [checkout.root / "periplus", name], env=checkout.env, stdout=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    printed = [process.communicate(timeout=120)[0].splitlines()[0] for process in both]
    assert printed == ["a", "b"]
    assert len(checkout.installs) == 1


def test_a_changed_lock_file_is_installed_once(checkout: Checkout) -> None:
    checkout.run()
    (checkout.root / "requirements" / "run.txt").write_text("# nothing new\n")
    _, said = checkout.run()
    assert said == "periplus: installing the Python packages of requirements/run.txt\n"
    assert checkout.run()[1] == ""
    assert len(checkout.installs) == 2


@pytest.mark.parametrize("lost", ["run.txt", "root", "bin"])
def test_an_interrupted_first_run_is_finished_by_the_next(checkout: Checkout, lost: str) -> None:
    checkout.run()
    inside = checkout.root / ".venv" / ("bin" if lost == "bin" else f".periplus/{lost}")
    shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
    assert checkout.run("x")[0].startswith("x\n")
    assert len(checkout.installs) == 2
    assert checkout.run("x")[1] == ""


def test_a_failed_installation_is_not_taken_for_an_environment(checkout: Checkout) -> None:
    failing = PYTHON.replace("printf '%s\\n' \"$*\" >>", "case $* in *install*) exit 1 ;; esac; : >>")
    write_script(checkout.python, failing.format(real=sys.executable))
    done = checkout.try_run()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("periplus: could not install the Python packages")
    write_script(checkout.python, PYTHON.format(real=sys.executable))
    assert checkout.run("x")[0].startswith("x\n")


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run()
    moved = Checkout(checkout.root.rename(tmp_path / "elsewhere"), checkout.home, checkout.python)
    assert moved.run("x")[0].startswith("x\n")
    assert len(moved.installs) == 2


def test_somebody_elses_venv_is_left_alone(checkout: Checkout) -> None:
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv" / "mine").touch()
    assert checkout.run("x")[0].startswith("x\n")
    assert [path.name for path in (checkout.root / ".venv").iterdir()] == ["mine"]
    assert len(list((checkout.home / ".cache" / "periplus").iterdir())) == 1
    assert checkout.run("x")[1] == ""


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("old", "needs Python 3.11 to 3.14, found Python 3.9.2"),
        ("no-pip", "type: sudo apt-get install python3-venv"),
    ],
)
def test_what_is_missing_is_said_in_one_line(checkout: Checkout, without: str, words: str) -> None:
    Path(f"{checkout.python}.{without}").touch()
    for name in ("python3.11", "python3.12", "python3.13", "python3.14"):
        write_script(checkout.python.with_name(name), "#!/bin/sh\nexit 1\n")
    done = checkout.try_run()
    assert done.returncode == 1
    assert done.stdout == ""
    assert words in done.stderr.splitlines()[-1]


def test_the_launcher_runs_this_program(checkout: Checkout) -> None:
    """The real package, with the interpreter of the tests in the place of the environment's."""
    (checkout.root / "src").rename(checkout.root / "src.small")
    (checkout.root / "src").symlink_to(ROOT / "src")
    env = checkout.root / ".venv"
    (env / ".periplus").mkdir(parents=True)
    (env / "bin").mkdir()
    (env / ".periplus" / "root").write_text(f"{checkout.root}\n")
    shutil.copy(checkout.root / "requirements" / "run.txt", env / ".periplus")
    script = f'#!/bin/sh\nPYTHONPATH="{checkout.root}/src" exec "{sys.executable}" "$@"\n'
    write_script(env / "bin" / "python", script)
    printed, said = checkout.run("--version")
    assert __version__ in printed
    assert said == ""


def test_lock_files_name_no_registry_and_hash_everything() -> None:
    for name in ("run.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        pins = [at for at, line in enumerate(lines) if "==" in line]
        assert len(pins) >= 5
        assert all("==" in lines[at] and "--hash=sha256:" in lines[at + 1] for at in pins)
        assert not [line for line in lines if "://" in line or line.startswith("-")]


def test_the_lock_for_tests_holds_the_lock_for_runs() -> None:
    run, dev = (
        {
            line.split(" ;")[0].removesuffix(
                " \\"
            )  # where it is for some Pythons only, the other may be for all
            for line in (ROOT / "requirements" / name).read_text().splitlines()
            if "==" in line
        }
        for name in ("run.txt", "dev.txt")
    )
    assert run < dev
