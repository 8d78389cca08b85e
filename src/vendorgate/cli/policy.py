"""``vendorgate policy``: what the rules would decide, and why."""

import sys
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vendorgate.model import Call, Caller, ClientRequest, Decision, Refusal, RuleOutcome

_FORM = b"application/x-www-form-urlencoded"


@click.group()
def command() -> None:
    """Explain what would be decided for a call.

    \b
    Example: vendorgate policy explain --as-subject payroll --group payroll POST /stripe/v1/transfers -d amount=500
    """


@command.command(
    epilog="Example: vendorgate policy explain --as-subject payroll-job --group payroll "
    "POST /stripe/v1/transfers -d 'amount=12000&currency=usd&destination=acct_1'"
)
@click.option("--config", default="vendorgate.yaml", show_default=True, help="The configuration file.")
@click.option("--as-subject", "subject", required=True, metavar="S", help="The caller's id, as rules see it.")
@click.option("--group", "groups", multiple=True, metavar="G", help="A group of the caller; may be repeated.")
@click.option("--kind", type=click.Choice(["workload", "human", "agent"]), default="workload", show_default=True)
@click.option("--issuer", default="local", show_default=True, help="Name of the issuer in the configuration.")
@click.option("--claims", default="{}", metavar="JSON", help="The token's claims, a JSON object.")
@click.option("--at", metavar="TIME", help="The time of the call, ISO 8601 (default: now; UTC without an offset).")
@click.option("-d", "--data", "body", metavar="BODY", help="The request's body; @FILE reads a file, @- reads stdin.")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("method")
@click.argument("path")
def explain(
    *,
    config: str,
    subject: str,
    groups: tuple[str, ...],
    kind: str,
    issuer: str,
    claims: str,
    at: str | None,
    body: str | None,
    headers: tuple[str, ...],
    as_json: bool,
    method: str,
    path: str,
) -> None:
    """Show the decision for METHOD PATH (the gateway's path: /stripe/v1/transfers) and why each rule matched or not.

    Nothing is sent and nothing is recorded. Without a Content-Type header a body that begins with { or [ is taken
    as JSON, any other as a form. Exits 0 when the call could be explained, whatever the decision; 1 when the
    configuration does not load; 2 on wrong usage.
    """
    from vendorgate.catalog.match import Matcher, VendorEntry
    from vendorgate.config.load import load_settings
    from vendorgate.config.problems import ConfigProblems
    from vendorgate.model import Caller, Refusal
    from vendorgate.policy import Policy

    now = time.time() if at is None else _timestamp(at)
    caller = Caller(subject, kind, frozenset(groups), issuer, _claims(claims), now + 900)
    try:
        settings = load_settings(Path(config))
    except ConfigProblems as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
    matcher = Matcher(
        [VendorEntry(v.name, v.catalog, v.origin.authority, v.origin.base_path) for v in settings.vendors],
        json_depth=settings.limits.json_depth,
    )
    policy = Policy(settings.rules, functions=matcher.functions, version=settings.version)
    try:
        request = _request(method, path, _body(body), headers, now)
        call = matcher.match(request, caller)
    except Refusal as refusal:
        _show_refusal(refusal, as_json=as_json)
        return
    decision, outcomes = policy.explain(call, now=now)
    if as_json:
        _print_json(
            {
                "caller": _caller_as_dict(caller),
                "call": _call_as_dict(call),
                "decision": _decision_as_dict(decision),
                "rules": [outcome._asdict() for outcome in outcomes],
            }
        )
    else:
        _show(call, decision, outcomes)


def _claims(text: str) -> dict[str, object]:
    import json

    try:
        claims = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--claims") from error
    if not isinstance(claims, dict):
        raise click.BadParameter('must be a JSON object, for example {"ref": "main"}', param_hint="--claims")
    return claims


def _timestamp(text: str) -> float:
    from datetime import UTC

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _body(text: str | None) -> bytes:
    if text is None or not text.startswith("@"):
        return (text or "").encode()
    if text == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{text[1:]}: {error.strerror}", param_hint="-d") from error


def _request(method: str, path: str, body: bytes, headers: tuple[str, ...], now: float) -> "ClientRequest":
    from vendorgate.model import ClientRequest, new_call_id
    from vendorgate.wire.target import parse_target

    target = parse_target(path.encode())
    fields: list[tuple[bytes, bytes]] = []
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"{header!r} is not 'Name: value'", param_hint="-H")
        fields.append((name.strip().lower().encode(), value.strip().encode()))
    if body and not any(name == b"content-type" for name, _ in fields):
        fields.append((b"content-type", b"application/json" if body.lstrip()[:1] in (b"{", b"[") else _FORM))
    return ClientRequest(
        id=new_call_id(now),
        received_at=now,
        method=method.upper(),
        vendor=target.vendor,
        path=target.path,
        query=target.query,
        authority="localhost",
        headers=tuple(fields),
        body=body,
        peer="127.0.0.1",
    )


def _caller_as_dict(caller: "Caller") -> dict[str, object]:
    return {"id": caller.id, "kind": caller.kind, "issuer": caller.issuer, "groups": sorted(caller.groups)}


def _call_as_dict(call: "Call") -> dict[str, object]:
    money = call.money
    return {
        "vendor": call.function.vendor,
        "function": call.function.name,
        "access": call.function.access,
        "method": call.canonical.method,
        "host": call.canonical.host,
        "path": call.canonical.target.partition("?")[0],
        "params": dict(call.params),
        "money": None if money is None else {"value": str(money.value), "currency": money.currency},
    }


def _decision_as_dict(decision: "Decision") -> dict[str, object]:
    return {
        "effect": decision.effect,
        "reason": decision.reason,
        "rule": decision.rule,
        "message": decision.message,
        "policy_version": decision.policy_version,
    }


def _print_json(document: object) -> None:
    import orjson

    def exact(value: object) -> str:
        if isinstance(value, Decimal):
            return str(value)
        raise TypeError

    click.echo(orjson.dumps(document, default=exact, option=orjson.OPT_INDENT_2))


def _show_refusal(refusal: "Refusal", *, as_json: bool) -> None:
    if as_json:
        decision = {"effect": "deny", "reason": refusal.reason, "rule": None, "message": refusal.detail}
        _print_json(
            {"caller": None, "call": None, "decision": decision | {"policy_version": None}, "rules": []},
        )
        return
    click.echo(f"refused ({refusal.reason}, {refusal.status}) before any rule is asked")
    click.echo(f"  {refusal.detail}")


def _show(call: "Call", decision: "Decision", outcomes: "tuple[RuleOutcome, ...]") -> None:
    click.echo(f"{decision.effect} ({decision.reason}){' by rule ' + decision.rule if decision.rule else ''}")
    click.echo(f"  {decision.message}")
    money = f", {call.money.value} {call.money.currency}" if call.money else ""
    click.echo(f"  {call.function.full_name} ({call.function.access}{money}), policy {decision.policy_version}")
    click.echo("\nrules, in the order of the file:" if outcomes else "\nThere are no rules.")
    for outcome in outcomes:
        verdict = "matches" if outcome.matched else "does not match"
        click.echo(f"  {outcome.rule} [{outcome.effect}] {verdict}{': ' + outcome.note if outcome.note else ''}")
