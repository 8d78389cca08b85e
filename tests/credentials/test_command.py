"""``vendorgate credentials``: sealed on the way in, never shown on the way out."""

import json

import pytest
from click.testing import CliRunner

from vendorgate.cli import main
from vendorgate.config.keys import load_or_create_keys, store_path
from vendorgate.credentials import Binding, Credentials, CredentialSpec
from vendorgate.store.credentials import SqliteCredentialStore

from .fakes import SECRET, authorized


@pytest.fixture
def run(tmp_path):
    def run(*arguments, stdin=None):
        return CliRunner().invoke(main, ["credentials", *arguments, "--data", str(tmp_path)], input=stdin)

    return run


@pytest.fixture
def lease(tmp_path):
    def lease():
        credentials = Credentials(
            [CredentialSpec("stripe-live", "store")],
            [Binding("stripe", "stripe-live", "bearer", "api.stripe.com")],
            store=SqliteCredentialStore(store_path(tmp_path)),
            seal_key=load_or_create_keys(tmp_path).seal,
            environ={},
        )
        return credentials.lease(authorized())

    return lease


def at_rest(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_value_from_standard_input_is_set_and_leased(run, lease, tmp_path, end):
    done = run("set", "stripe-live", stdin=SECRET + end)
    assert (done.exit_code, done.output) == (0, "stripe-live version 1\n")
    assert SECRET.encode() in lease().needles
    assert SECRET.encode() not in at_rest(tmp_path)


def test_setting_again_makes_a_new_version(run, lease):
    run("set", "stripe-live", stdin="sk_live_before")
    assert run("set", "stripe-live", stdin=SECRET).output == "stripe-live version 2\n"
    assert lease().version == 2
    assert b"sk_live_before" not in lease().needles


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("sk_live\nsecond line\n", "line break"),
        ("sk_live\x00", "control character"),
        (" sk_live", "blank"),
        ("x" * 16385, "longer than"),
    ],
)
def test_a_value_that_could_not_be_sent_is_refused_and_nothing_is_set(run, value, why):
    done = run("set", "stripe-live", stdin=value)
    assert done.exit_code == 1
    assert why in done.output
    assert "sk_live" not in done.output
    assert run("list").output == ""


@pytest.mark.parametrize("name", ["Stripe", "1st", "a b", "a/b", "", "x" * 42])
def test_a_name_that_the_configuration_could_not_hold_is_wrong_usage(run, name):
    assert run("set", name, stdin=SECRET).exit_code == 2


def test_the_value_is_no_argument(run):
    done = run("set", "stripe-live", SECRET)
    assert done.exit_code == 2


def test_a_terminal_is_asked_without_echo(run, lease, monkeypatch):
    monkeypatch.setattr("vendorgate.cli.credentials._is_terminal", lambda: True)
    done = run("set", "stripe-live", stdin=f"{SECRET}\n{SECRET}\n")
    assert done.exit_code == 0
    assert SECRET not in done.output
    assert SECRET.encode() in lease().needles


def test_list_shows_names_and_versions_only(run):
    run("set", "stripe-live", stdin=SECRET)
    run("set", "openai", stdin="sk-proj-1")
    assert [line.split()[:3] for line in run("list").output.splitlines()] == [
        ["openai", "version", "1"],
        ["stripe-live", "version", "1"],
    ]
    found = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert [set(entry) for entry in found] == [{"name", "version", "created_at"}] * 2
    assert found[0]["created_at"].endswith("Z")


def test_remove_takes_it_away(run):
    run("set", "stripe-live", stdin=SECRET)
    assert run("remove", "stripe-live").output == "stripe-live removed\n"
    assert run("list").output == ""
    again = run("remove", "stripe-live")
    assert again.exit_code == 1
    assert "no credential 'stripe-live'" in again.output


def test_help_has_examples(run):
    for arguments in ((), ("set",), ("list",), ("remove",)):
        done = CliRunner().invoke(main, ["credentials", *arguments, "--help"])
        assert "Example: " in done.output
