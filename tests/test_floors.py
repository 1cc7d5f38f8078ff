"""The rules of the house, held by reading the source: floors, purity, state, sizes, tests for everything.

Every rule is a function from one file to the offences in it, in words. `test_a_rule_sees_its_offence` gives each a
file that breaks it, so that a rule which has gone blind is noticed.
"""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "periplus"

FLOORS = (
    ("space",),
    ("wire", "payload"),
    ("technique",),
    ("data",),
    ("transport", "engine", "identify", "result"),
    ("scan",),
    ("cli",),
)
COMMON = {"errors", "columns", "findings", "__version__", ""}  # anywhere; "" is the package itself
PURE = {"space", "wire", "payload", "technique", "engine", "identify"}
DRIVERS = {"identify/driver"}  # directories of pure rooms that own what the rooms may not touch
IMPURE_MODULES = {
    "asyncio", "ctypes", "fcntl", "io", "multiprocessing", "os", "pathlib", "random", "secrets", "select",
    "selectors", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time",
}  # fmt: skip
IMPURE_NAMES = {"open", "print", "input"}
MUTATORS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popleft", "popitem", "remove",
    "reverse", "setdefault", "sort", "update", "fill", "put", "resize", "setflags",
}  # fmt: skip
FORKS = {"transport/scout.py"}  # a forked child ends by itself, or it would run its parent's exit handlers
EXITS = {"SystemExit", "exit", "os._exit", "os.abort", "quit", "sys.exit"}
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

# Source files without a test file of their own, each with its reason. The list may only shrink: a file that gets its
# test must leave it, and so must one that is gone.
WITHOUT_OWN_TEST: dict[str, str] = {
    "errors.py": "classes without code",
}


@dataclass(frozen=True)
class Source:
    """A Python file: where it lies below its tree, and what it says."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def room(self) -> str:
        """The first directory; the files at the top are rooms of their own, `__main__` is the front door."""
        first = Path(self.path).parts[0].removesuffix(".py")
        return {"__main__": "cli", "__init__": ""}.get(first, first)


def sources(base: Path) -> list[Source]:
    paths = sorted(path for path in base.rglob("*.py") if "out" not in path.relative_to(base).parts)
    return [Source(str(path.relative_to(base)), path.read_text(encoding="utf-8")) for path in paths]


SRC = sources(PACKAGE)
TESTS = sources(ROOT / "tests")
ALL = [*SRC, *TESTS, *sources(ROOT / "bench"), *sources(ROOT / "tools")]


def imports(source: Source) -> Iterator[str]:
    """Dotted names of all that a file imports, at whatever depth."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module == "periplus":
            yield from (f"periplus.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def floor_of(room: str) -> int | None:
    return next((level for level, rooms in enumerate(FLOORS) if room in rooms), None)


def wrong_arrows(source: Source) -> Iterator[str]:
    """Imports that do not run down the floors."""
    here = floor_of(source.room)
    if source.room in COMMON:
        here = -1
    if here is None:
        yield f"{source.path}: {source.room} is no room of the house"
        return
    for name in imports(source):
        top, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if top != "periplus" or room in COMMON or room == source.room:
            continue
        there = floor_of(room)
        if there is None or there >= here:
            yield f"{source.path}: imports {name}, which is not below {source.room or 'the package'}"


def impurities(source: Source) -> Iterator[str]:
    """What ties a pure room to the world: clocks, sockets, files, randomness."""
    if source.room not in PURE or str(Path(source.path).parent) in DRIVERS:
        return
    for name in imports(source):
        parts = name.split(".")
        room = parts[1] if parts[0] == "periplus" and len(parts) > 1 else None
        if parts[0] in IMPURE_MODULES or parts[:2] == ["numpy", "random"]:
            yield f"{source.path}: imports {name}, but {source.room} is pure"
        elif room is not None and room not in PURE | COMMON:
            yield f"{source.path}: imports {name}, which is not pure, but {source.room} is"
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "random"
            and ast.unparse(node.value) in {"np", "numpy"}
        ):
            yield f"{source.path}:{node.lineno}: uses np.random, but {source.room} is pure"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_NAMES:
            yield f"{source.path}:{node.lineno}: calls {node.func.id}, but {source.room} is pure"


def relative_imports(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{source.path}:{node.lineno}: relative import"


def module_names(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names assigned at module level, `if` and `try` included, with their lines."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            yield from ((n.id, n.lineno) for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from module_names(child)


def is_constant_name(name: str) -> bool:
    """UPPER_CASE, a dunder, or CapWords (the name of a type)."""
    bare = name.strip("_")
    return name.startswith("__") or bare.isupper() or (bare[:1].isupper() and "_" not in bare)


def module_state(source: Source) -> Iterator[str]:
    """State at module level: names that are no constants, and constants that a function changes.

    What a function may not do to a module's name: rebind it (`global`), store into it, delete from it, call a method
    that changes a container, or take the next of an iterator.
    """
    names = dict(module_names(source.tree))
    yield from (
        f"{source.path}:{line}: module-level {name} is not named as a constant"
        for name, line in names.items()
        if not is_constant_name(name)
    )
    for scope in ast.walk(source.tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            own = local_names(scope)
            for node in ast.walk(scope):
                for name in changed_names(node):
                    if name in names and name not in own:
                        yield f"{source.path}:{scope.lineno}: a function changes the module's {name}"


def local_names(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Names that a function binds itself."""
    stores = {n.id for n in ast.walk(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    arguments = {n.arg for n in ast.walk(scope) if isinstance(n, ast.arg)}
    rebound = {name for n in ast.walk(scope) if isinstance(n, ast.Global) for name in n.names}
    return (stores | arguments) - rebound


def changed_names(node: ast.AST) -> Iterator[str]:
    """Names whose objects this one statement or expression changes or rebinds."""
    match node:
        case ast.Global(names=names):
            yield from names
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            yield name
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            yield name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in MUTATORS:
            yield name
        case ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=name), *_]):
            yield name
        case _:
            pass


def long_files(source: Source) -> Iterator[str]:
    if (lines := source.text.count("\n")) >= MAX_FILE_LINES:
        yield f"{source.path}: {lines} lines"


def long_functions(source: Source) -> Iterator[str]:
    """Functions over the limit; docstrings do not count."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            lines = span(node) - (span(doc) if doc else 0)
            if lines > MAX_FUNCTION_LINES:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines"


def span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def exits(source: Source) -> Iterator[str]:
    """Ways out of the process, which only `cli` may take, and a forked child."""
    if source.room == "cli" or source.path in FORKS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in EXITS:
            yield f"{source.path}:{node.lineno}: {ast.unparse(node)} outside cli"
        elif isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc) == "SystemExit":
            yield f"{source.path}:{node.lineno}: raises SystemExit outside cli"


def silenced_checks(source: Source) -> Iterator[str]:
    """Comments that switch a check off, and things left to do."""
    marks = ("noqa", "type: ignore", "pragma: no cover", "TODO", "FIXME", "XXX")
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            found = [mark for mark in marks if mark in token.string]
            yield from (f"{source.path}:{token.start[0]}: {mark} in a comment" for mark in found)


def needs_test(source: Source) -> bool:
    """Whether a file holds any code: a docstring, imports and dunders such as `__all__` are none."""
    return any(
        not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
        and not ast.unparse(node).startswith("__")
        for node in source.tree.body
    )


def own_test(source: Source) -> str:
    """Where a source file's test lies; a package's own code is tested under the package's name."""
    path = Path(source.path)
    stem = path.parent.name if path.stem == "__init__" else path.stem.strip("_")
    return str(path.with_name(f"test_{stem}.py"))


def fuzzed_names() -> set[str]:
    """Every name used in a function that hypothesis feeds."""
    return {
        name
        for source in TESTS
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef)
        and any("given" in ast.unparse(d) for d in function.decorator_list)
        for node in ast.walk(function)
        for name in [getattr(node, "id", getattr(node, "attr", None))]
        if isinstance(name, str)
    }


RULES: tuple[tuple[Callable[[Source], Iterator[str]], list[Source]], ...] = (
    (wrong_arrows, SRC),
    (impurities, SRC),
    (relative_imports, ALL),
    (module_state, SRC),
    (long_files, ALL),
    (long_functions, ALL),
    (exits, SRC),
    (silenced_checks, ALL),
)


@pytest.mark.parametrize(("rule", "files"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_no_file_breaks_the_rule(rule: Callable[[Source], Iterator[str]], files: list[Source]) -> None:
    assert len(files) > 10
    assert [offence for source in files for offence in rule(source)] == []


OFFENCES = (
    (wrong_arrows, "space/a.py", "from periplus.wire.tcp import SYN"),
    (wrong_arrows, "payload/a.py", "from periplus.wire.tcp import SYN"),
    (wrong_arrows, "wire/a.py", "def f():\n    import periplus.technique.syn"),
    (wrong_arrows, "transport/a.py", "from periplus.engine.engine import Engine"),
    (wrong_arrows, "result/a.py", "from periplus import scan"),
    (wrong_arrows, "attic/a.py", "import os"),
    (wrong_arrows, "errors.py", "from periplus.space.space import Space"),
    (impurities, "engine/a.py", "import time"),
    (impurities, "engine/a.py", "from os import path"),
    (impurities, "engine/a.py", "from periplus.data import ranking_text"),
    (impurities, "payload/a.py", "import socket"),
    (impurities, "space/a.py", "from numpy.random import default_rng"),
    (impurities, "space/a.py", "import numpy as np\nX = np.random.default_rng()"),
    (impurities, "wire/a.py", "def f(path):\n    return open(path)"),
    (relative_imports, "cli/a.py", "from . import b"),
    (module_state, "cli/a.py", "cache = {}"),
    (module_state, "cli/a.py", "if True:\n    counter = 0"),
    (module_state, "cli/a.py", "CACHE = {}\ndef f():\n    CACHE[1] = 2"),
    (module_state, "cli/a.py", "CACHE = []\ndef f():\n    CACHE.append(2)"),
    (module_state, "cli/a.py", "N = 0\ndef f():\n    global N\n    N = 1"),
    (module_state, "cli/a.py", "N = object()\ndef f():\n    N.x = 1"),
    (module_state, "cli/a.py", "import itertools\nN = itertools.count()\ndef f():\n    return next(N)"),
    (long_files, "cli/a.py", "pass\n" * 500),
    (long_functions, "cli/a.py", "def f():\n" + "    pass\n" * 60),
    (exits, "scan/a.py", "import sys\ndef f():\n    sys.exit(1)"),
    (exits, "scan/a.py", "def f():\n    raise SystemExit(1)"),
    (exits, "scan/a.py", "def f():\n    raise SystemExit"),
    (silenced_checks, "cli/a.py", "import os  # noqa: F401"),
)

INNOCENTS = (
    (wrong_arrows, "cli/a.py", "from periplus import __version__\nfrom periplus.scan.plan import plan"),
    (wrong_arrows, "space/a.py", "from periplus.errors import UsageError\nfrom periplus.space.b import B"),
    (wrong_arrows, "__main__.py", "from periplus.cli.main import run"),
    (impurities, "transport/a.py", "import socket"),
    (impurities, "identify/driver/a.py", "import asyncio"),
    (impurities, "engine/a.py", "from periplus.wire.tcp import SYN\nimport numpy as np"),
    (module_state, "cli/a.py", "TABLE = {1: 2}\nEndpoint = tuple[str, int]\n__all__ = ['f']"),
    (module_state, "cli/a.py", "ROWS = ()\ndef f():\n    ROWS = []\n    ROWS.append(1)"),
    (long_functions, "cli/a.py", 'def f():\n    """' + "a\n" * 80 + '"""\n' + "    pass\n" * 59),
    (exits, "cli/a.py", "import sys\nsys.exit(1)"),
    (silenced_checks, "cli/a.py", "X = '# noqa'"),
)


@pytest.mark.parametrize(("rule", "path", "text"), OFFENCES)
def test_a_rule_sees_its_offence(rule: Callable[[Source], Iterator[str]], path: str, text: str) -> None:
    assert len(list(rule(Source(path, text)))) == 1


@pytest.mark.parametrize(("rule", "path", "text"), INNOCENTS)
def test_a_rule_lets_the_innocent_pass(rule: Callable[[Source], Iterator[str]], path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []


def test_every_source_file_has_its_test_file() -> None:
    have = {source.path for source in TESTS}
    lacking = [
        s.path for s in SRC if needs_test(s) and own_test(s) not in have and s.path not in WITHOUT_OWN_TEST
    ]
    assert lacking == []


def test_the_list_of_files_without_tests_only_shrinks() -> None:
    known = {source.path: source for source in SRC}
    have = {source.path for source in TESTS}
    stale = [path for path in WITHOUT_OWN_TEST if path not in known or own_test(known[path]) in have]
    assert stale == []


def test_every_function_on_peer_bytes_is_fuzzed() -> None:
    fuzzed = fuzzed_names()
    functions = {
        node.name
        for source in SRC
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_untrusted")
    }
    assert functions
    assert functions - fuzzed == set()
