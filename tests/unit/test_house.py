"""The house keeps its plan: floors, forbidden imports, door signs, sizes, words, and a test for each file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_containers"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)

MAX_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_SIGN_LINES = 25

# Tables of numbers may be long (DESIGN.md, section 9).
TABLES = {"linux/constants.py", "linux/syscall_numbers.py"}

# Which module may import what; everything else may not. Reasons in DESIGN.md, section 3.
ONLY_IN = {
    "pyroute2": ("network/",),
    "sqlite3": ("metadata/",),
    "ctypes": ("linux/",),
    "subprocess": (
        "supervisor/launcher.py",
        "supervisor/host_mounts.py",
        "client/autostart.py",
        "client/ssh.py",
        "client/credentials.py",
    ),
    "aiohttp": ("api/", "registry/", "daemon/"),
    "requests": ("client/",),
    "IPython": ("magics/",),
    "jupyter_client": ("kernels/", "freezing/inside.py"),
}
# Files without a test of their own name: the test that sees them, and why one of their own would say nothing.
COVERED_BY = {
    "engine/engine.py": ("integration/daemon/test_composition.py", "names and types of attributes, nothing that acts"),
    "engine/environment.py": ("integration/daemon/test_composition.py", "names and types of attributes"),
}

FORBIDDEN_WORDS = re.compile(r"(^|_)(utils?|helpers?|misc|common|manager|handler|data|info)(_|$)")


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def test_rooms_look_only_downwards() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    wrong = [
        f"line {line}: {module}"
        for module, line in imports(path)
        for owner, places in ONLY_IN.items()
        if module.partition(".")[0] == owner and not named(path).startswith(places)
    ]
    assert not wrong


@pytest.mark.parametrize("path", ROOMS, ids=named)
def test_a_room_has_a_door_sign(path: Path) -> None:
    sign = ast.get_docstring(ast.parse(path.read_text()))
    assert sign, "no docstring"
    assert len(sign.splitlines()) <= MAX_SIGN_LINES


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_why_it_is_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_file_and_its_functions_are_small(path: Path) -> None:
    text = path.read_text()
    if named(path) not in TABLES:
        assert len(text.splitlines()) <= MAX_LINES
    long = [
        f"{node.name}: {length}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_not_named_by_a_word_that_says_nothing(path: Path) -> None:
    name = path.stem if path.name != "__init__.py" else path.parent.name
    # The cgroup manager is the field's own word.
    assert not FORBIDDEN_WORDS.search(name) or named(path) == "cgroups/manager.py"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_file_has_a_test_named_like_it(path: Path) -> None:
    """Under tests/*/<room>/ is a test_<file>.py, or a folder <file>/; or COVERED_BY says whose test sees it."""
    name = named(path)
    if path.name in ("__init__.py", "version.py"):
        return
    if name in COVERED_BY:
        test, _reason = COVERED_BY[name]
        assert (ROOT / "tests" / test).exists(), f"tests/{test}, which is said to cover {name}, is not there"
        return
    folder, stem = path.relative_to(PACKAGE).parent, path.stem.strip("_")
    assert _tests_of(folder, stem), f"no test_{stem}.py under tests/*/{folder}"


def test_the_table_of_exceptions_is_not_longer_than_it_must_be() -> None:
    for name in COVERED_BY:
        path = PACKAGE / name
        assert path.exists(), f"{name} is gone: take it out of COVERED_BY"
        assert not _tests_of(path.relative_to(PACKAGE).parent, path.stem), f"{name} has a test now: take it out"


def _tests_of(folder: Path, stem: str) -> list[Path]:
    kinds = [kind for kind in (ROOT / "tests").iterdir() if kind.is_dir() and kind.name != "support"]
    places = [place for kind in kinds for place in (kind / folder / f"test_{stem}.py", kind / folder / stem)]
    return [place for place in places if place.is_file() or (place.is_dir() and any(place.glob("test_*.py")))]


def test_nobody_names_a_machine_or_a_registry() -> None:
    """Paths of a machine and hosts of package registries do not belong into the repository."""
    forbidden = re.compile(
        r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|/root/\.pyenv/versions/\d+\.\d|/work/(main|shared)"
    )
    files = [path for path in ROOT.rglob("*") if path.suffix in (".py", ".md", ".toml", ".ipynb", ".yml", "")]
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {ROOT / name for name in tracked.split("\0") if name}
    wrong = [
        str(path)
        for path in files
        if path in names
        and path.is_file()
        and path != Path(__file__)
        and forbidden.search(path.read_text(errors="replace"))
    ]
    assert not wrong
