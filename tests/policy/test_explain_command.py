"""``vendorgate policy explain`` on a whole configuration."""

import json

import pytest
from click.testing import CliRunner

from vendorgate.cli.policy import command

CONFIG = """\
version: 1
vendors:
  stripe: {catalog: stripe, base_url: "https://api.stripe.com"}
rules:
  - id: small
    who: ["group:payroll"]
    call: ["stripe.transfers.create"]
    when: call.money.value <= 10000 && call.money.currency == "USD"
    effect: allow
  - id: never
    call: ["stripe.transfers.create"]
    when: call.money.value > 50000
    effect: deny
    message: Transfers above 50,000 go through the treasury portal.
  - id: office-hours
    call: ["stripe.transfers.create"]
    when: now.getHours() < 6
    mode: observe
    effect: deny
"""
TRANSFER = ["POST", "/stripe/v1/transfers", "-d"]
SMALL = [*TRANSFER, "amount=12000&currency=usd&destination=acct_1"]
LARGE = [*TRANSFER, "amount=9000000&currency=usd&destination=acct_1"]


@pytest.fixture
def run(tmp_path):
    file = tmp_path / "vendorgate.yaml"
    file.write_text(CONFIG)

    def run(*arguments: str, group: str = "payroll", config: str = str(file)):
        start = ["explain", "--config", config, "--as-subject", "job", "--group", group]
        return CliRunner().invoke(command, [*start, *arguments], catch_exceptions=False)

    return run


DECISIONS = [
    ("payroll", SMALL, "allow", "allowed", "small"),
    ("payroll", LARGE, "deny", "denied", "never"),
    ("finance", SMALL, "deny", "no_rule", None),
]


@pytest.mark.parametrize(("group", "request_", "effect", "reason", "rule"), DECISIONS)
def test_the_decision_and_every_rule_are_shown(group, request_, effect, reason, rule, run):
    done = run(*request_, group=group)
    assert done.exit_code == 0
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"{effect} ({reason})")
    assert (rule or "by rule") in first or rule is None
    assert [name for name in ("small", "never", "office-hours") if f"  {name} [" in done.stdout] == [
        "small",
        "never",
        "office-hours",
    ]


def test_json_has_the_same(run):
    done = run(*LARGE, "--json", "--at", "2026-03-01T03:00:00Z")
    shown = json.loads(done.stdout)
    assert done.exit_code == 0
    assert shown["decision"]["effect"] == "deny"
    assert shown["decision"]["message"] == "Transfers above 50,000 go through the treasury portal."
    assert shown["call"]["money"] == {"value": "90000.00", "currency": "USD"}
    assert shown["caller"] == {"id": "job", "kind": "workload", "issuer": "local", "groups": ["payroll"]}
    assert [(rule["rule"], rule["effect"], rule["matched"]) for rule in shown["rules"]] == [
        ("small", "allow", False),
        ("never", "deny", True),
        ("office-hours", "would_deny", True),
    ]
    assert shown["rules"][0]["note"] == "its condition is false"


def test_the_time_of_the_call_can_be_chosen(run):
    for at, matched in (("2026-03-01T03:00:00Z", True), ("2026-03-01T12:00:00Z", False)):
        rules = json.loads(run(*SMALL, "--json", "--at", at).stdout)["rules"]
        assert rules[2]["matched"] is matched


REFUSED_BEFORE = [
    (["GET", "/nowhere/v1/x"], "unknown_vendor"),
    (["GET", "/stripe/../x"], "bad_request"),
    ([*TRANSFER, "amount=1&amount=2&currency=usd&destination=a"], "ambiguous_body"),
    ([*TRANSFER, "amount=1", "-H", "Content-Type: text/plain"], "unreadable_body"),
]


@pytest.mark.parametrize(("request_", "reason"), REFUSED_BEFORE)
def test_a_call_that_no_rule_is_asked_about_says_so(request_, reason, run):
    done = run(*request_)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"refused ({reason}, ")
    shown = json.loads(run(*request_, "--json").stdout)
    assert (shown["decision"]["reason"], shown["rules"]) == (reason, [])


WRONG = [
    [],
    ["POST"],
    [*SMALL, "--claims", "[]"],
    [*SMALL, "--claims", "{"],
    [*SMALL, "--at", "yesterday"],
    [*SMALL, "--kind", "robot"],
    [*SMALL, "-H", "no colon"],
    [*TRANSFER, "@/does/not/exist"],
]


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_exits_2(arguments, run):
    assert run(*arguments).exit_code == 2


def test_a_configuration_that_does_not_load_exits_1(run, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(CONFIG.replace("> 50000", ">"))
    done = run(*SMALL, config=str(bad))
    assert done.exit_code == 1
    assert "bad.yaml:" in done.stderr
    assert run(*SMALL, config=str(tmp_path / "absent.yaml")).exit_code == 1


def test_a_body_can_come_from_a_file(run, tmp_path):
    body = tmp_path / "body"
    body.write_text(SMALL[-1])
    assert run(*TRANSFER, f"@{body}").stdout.startswith("allow (allowed) by rule small")
