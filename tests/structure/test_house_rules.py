"""House rules over the whole repository; each has a control that shows it can fail."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.structure.rules import (
    LONGEST_FILE,
    blanket_excepts,
    calls_of,
    environment_reads,
    machine_traces,
)

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "vendorgate"
SOURCES = sorted(PACKAGE.rglob("*.py"))
_SKIPPED = {".git", ".venv", ".work", "node_modules", "__pycache__"}


def tracked() -> list[Path]:
    """Return the files git would commit; every file when this is not a git checkout."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = [ROOT / name for name in done.stdout.decode().split("\0") if name]
        return [path for path in names if path.is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not _SKIPPED & set(path.parts)]


def offenders(rule: Callable[[str], list[int]], *, allowed: tuple[str, ...] = ()) -> list[str]:
    """Return ``file:line`` of everything ``rule`` finds in the package outside the ``allowed`` folders."""
    return [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        if path.relative_to(PACKAGE).parts[0] not in allowed
        for line in rule(path.read_text())
    ]


def test_import_contract_holds() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept" in done.stdout


def test_every_folder_of_the_package_has_a_docstring() -> None:
    empty = [
        str(init.relative_to(ROOT)) for init in PACKAGE.glob("*/__init__.py") if '"""' not in init.read_text()[:10]
    ]
    assert empty == []


def test_only_policy_builds_authorized_calls() -> None:
    rule = lambda source: calls_of(source, "AuthorizedCall")  # noqa: E731
    assert offenders(rule, allowed=("policy",)) == []
    assert rule((PACKAGE / "policy" / "authorize.py").read_text()) != []


def test_only_credentials_reveals_secrets() -> None:
    rule = lambda source: calls_of(source, "reveal")  # noqa: E731
    assert offenders(rule, allowed=("credentials",)) == []
    assert rule("def attach(secret):\n    return secret.reveal()\n") == [2]


def test_only_config_reads_the_environment() -> None:
    assert offenders(environment_reads, allowed=("config",)) == []
    assert environment_reads('import os\nfrom os import getenv\nx = os.environ["A"]\n') == [2, 3]


def test_nothing_swallows_every_error() -> None:
    assert offenders(blanket_excepts) == []
    swallowing = "try:\n    f()\nexcept Exception:\n    pass\ntry:\n    f()\nexcept:\n    pass\n"
    raising = "try:\n    f()\nexcept BaseException:\n    g()\n    raise\n"
    assert blanket_excepts(swallowing) == [3, 7]
    assert blanket_excepts(raising) == []


def test_files_hold_one_idea() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_stage_has_tests() -> None:
    stages = [path.name for path in PACKAGE.iterdir() if len(list(path.glob("*.py"))) > 1]
    without = [name for name in stages if not list((ROOT / "tests" / name).glob("test_*.py"))]
    assert [name for name in without if name not in {"testing", "telemetry"}] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("--index-url https://" + "py" + "pi.example/simple", 1),
        ("https://registry.np" + "mjs.example/htmx", 1),
        ("see /ho" + "me/somebody/x and /wo" + "rk/main", 2),
        ("pip install vendorgate; /etc/vendorgate; /run/secrets/key; work/main; ${HOME}/x; a/home/b", 0),
    ],
)
def test_traces_of_a_machine_are_found(text: str, count: int) -> None:
    assert len(list(machine_traces(text))) == count


def test_no_registry_hosts_or_machine_paths_in_tracked_files() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {trace}" for trace in machine_traces(text)]
    assert found == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_every_locked_package_has_hashes(lock: Path) -> None:
    entries = [entry for entry in lock.read_text().replace("\\\n", " ").splitlines() if entry[:1].isalnum()]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []


def test_locks_have_no_index_address() -> None:
    for lock in (ROOT / "requirements").iterdir():
        assert "://" not in lock.read_text(), lock.name


def test_ci_runs_what_make_test_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("make test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    makefile = (ROOT / "Makefile").read_text()
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"):
        assert f"$(BIN)/{tool}" in makefile
