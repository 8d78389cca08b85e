"""``vendorgate init``: the starter passes ``check``, keys are private, nothing is overwritten by accident."""

import stat

import pytest
from click.testing import CliRunner

from vendorgate.cli import main
from vendorgate.config.load import load_settings


def run(*arguments):
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VENDORGATE_DATA", raising=False)
    return tmp_path


def test_the_starter_passes_check_and_says_what_comes_next(here):
    done = run("init")
    assert done.exit_code == 0
    assert "vendorgate serve" in done.stdout
    assert run("check").exit_code == 0
    found = load_settings(here / "vendorgate.yaml")
    assert [(rule.id, rule.effect) for rule in found.rules] == [("payroll-small-transfers", "allow"), ("never", "deny")]
    assert [vendor.name for vendor in found.vendors] == ["stripe"]


def test_what_is_commented_out_in_the_starter_is_valid_too(here):
    run("init")
    path = here / "vendorgate.yaml"
    lines = []
    for line in path.read_text().splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(indent + line.strip()[2:] if indent and line.strip().startswith("# ") else line)
    text = "\n".join(line for line in lines if "or  {from: file" not in line)
    path.write_text(text)
    found = load_settings(path)
    assert [spec.name for spec in found.issuers] == ["github"]
    assert [rule.effect for rule in found.rules] == ["allow", "deny", "review"]


def test_keys_are_for_the_owner_only(here):
    run("init")
    assert stat.S_IMODE((here / "vendorgate-data").stat().st_mode) == 0o700
    keys = list((here / "vendorgate-data" / "keys").iterdir())
    assert len(keys) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_a_configuration_is_overwritten_only_by_force_and_keys_never(here):
    run("init")
    keys = {path.name: path.read_bytes() for path in (here / "vendorgate-data" / "keys").iterdir()}
    (here / "vendorgate.yaml").write_text("version: 1\n")
    refused = run("init")
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert (here / "vendorgate.yaml").read_text() == "version: 1\n"
    assert run("init", "--force").exit_code == 0
    assert "stripe" in (here / "vendorgate.yaml").read_text()
    assert {path.name: path.read_bytes() for path in (here / "vendorgate-data" / "keys").iterdir()} == keys
    assert sorted(path.name for path in here.iterdir()) == ["vendorgate-data", "vendorgate.yaml"]


def test_places_can_be_named(here):
    assert run("init", "--config", "gate.yaml", "--data", "state").exit_code == 0
    assert (here / "gate.yaml").exists()
    assert (here / "state" / "keys").is_dir()
    assert not (here / "vendorgate-data").exists()


def test_a_folder_that_is_missing_is_said_plainly(here):
    done = run("init", "--config", "no/gate.yaml")
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
    assert not (here / "vendorgate-data").exists()


def test_help_has_an_example():
    assert "Example: vendorgate init" in run("init", "--help").output
