"""ARCHITECTURE.md says what the code says: the layers of the contract, a place for every folder."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text()


def test_layers_are_those_of_the_contract() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        layers = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]["layers"]
    assert "```\n" + "\n".join(layers) + "\n```" in PAGE


def test_every_folder_of_the_package_is_mentioned() -> None:
    folders = [path.parent.name for path in (ROOT / "src" / "vendorgate").glob("*/__init__.py")]
    assert [name for name in folders if name not in PAGE] == []


def test_every_promise_names_tests_that_exist() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(tuple(f"| {n}. " for n in range(1, 7)))]
    assert len(rows) == 6
    for row in rows:
        named = [part.split(")")[0] for part in row.split("](")[1:]]
        assert named, row
        assert all(name.startswith("tests/") and (ROOT / name).is_file() for name in named), row
