"""``vendorgate check``: exit codes, where things are printed, and nothing secret in either."""

import json

import pytest
from click.testing import CliRunner

from vendorgate.cli import main

GOOD = "version: 1\nvendors: {stripe: {catalog: stripe}}\nrules: [{id: a, effect: allow, call: [stripe.transfers.create]}]\n"
BAD = "version: 1\nstore: mysql\nlimits: {body: 8MB}\n"


def run(folder, *arguments):
    return CliRunner().invoke(main, ["check", *arguments], catch_exceptions=False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_file_is_summed_up(here):
    (here / "vendorgate.yaml").write_text(GOOD)
    done = run(here)
    assert done.exit_code == 0
    assert done.stdout.startswith("vendorgate.yaml: ok (policy version ")
    assert "1 vendor," in done.stdout
    assert "1 rule: 1 allow, 0 review, 0 deny" in done.stdout
    assert done.stderr == ""


def test_without_rules_the_summary_says_what_that_means(here):
    (here / "vendorgate.yaml").write_text("version: 1\n")
    assert "every call is refused" in run(here).stdout


def test_every_problem_is_on_stderr(here):
    (here / "other.yaml").write_text(BAD)
    done = run(here, "--config", "other.yaml")
    assert done.exit_code == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["other.yaml:2:8", "other.yaml:3:16"]
    assert done.stdout == ""


def test_json_of_a_good_file(here):
    (here / "vendorgate.yaml").write_text(GOOD)
    found = json.loads(run(here, "--json").stdout)
    assert found["ok"] is True
    assert found["vendors"][0]["name"] == "stripe"
    assert found["rules"] == {"allow": 1, "review": 0, "deny": 0}


def test_json_of_a_bad_file(here):
    (here / "vendorgate.yaml").write_text(BAD)
    done = run(here, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["ok"], [problem["line"] for problem in found["problems"]]) == (False, [2, 3])


def test_a_missing_file_says_how_to_get_one(here):
    done = run(here)
    assert done.exit_code == 1
    assert "vendorgate init" in done.stderr


def test_wrong_usage_is_2(here):
    assert run(here, "--nope").exit_code == 2


def test_help_has_an_example():
    assert "Example: vendorgate check" in CliRunner().invoke(main, ["check", "--help"]).output
