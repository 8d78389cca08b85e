"""``vendorgate catalog``: what is built in, and what a catalogue lists."""

import json

from click.testing import CliRunner

from vendorgate.cli import main


def run(*arguments):
    return CliRunner().invoke(main, ["catalog", *arguments], catch_exceptions=False)


def test_list_names_the_built_in_catalogues():
    done = run("list")
    assert done.exit_code == 0
    assert "stripe" in done.stdout
    assert "https://api.stripe.com" in done.stdout


def test_list_as_json():
    found = {entry["name"]: entry for entry in json.loads(run("list", "--json").stdout)}
    assert found["stripe"]["base_url"] == "https://api.stripe.com"
    assert found["stripe"]["functions"] >= 1


def test_show_lists_functions_with_their_parameters():
    done = run("show", "stripe")
    assert done.exit_code == 0
    assert "transfers.create" in done.stdout


def test_show_as_json():
    found = json.loads(run("show", "stripe", "--json").stdout)
    create = next(entry for entry in found["functions"] if entry["name"] == "transfers.create")
    assert create["match"] == "POST /v1/transfers"
    assert create["access"] == "write"
    assert create["params"]["amount"] == "integer"
    assert create["money"] == {"amount": "amount", "currency": "currency", "unit": "minor"}


def test_a_file_of_one_s_own_is_shown_too(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(
        "vendor: own\nbase_url: https://own.example\nattach: bearer\n"
        "functions:\n  - name: thing.get\n    match: GET /v1/thing\n    access: read\n    body: none\n"
    )
    assert "thing.get" in run("show", str(own)).stdout
    own.write_text(own.read_text() + "    bodi: none\n")
    refused = run("show", str(own))
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{own}:")


def test_an_unknown_name_gets_a_suggestion():
    done = run("show", "strip")
    assert done.exit_code == 1
    assert "did you mean 'stripe'" in done.stderr


def test_a_missing_file_is_said_plainly():
    done = run("show", "./no.yaml")
    assert done.exit_code == 1
    assert "No such file" in done.stderr


def test_help_has_examples():
    for arguments in ((), ("list",), ("show",)):
        assert "Example: vendorgate catalog" in run(*arguments, "--help").output
