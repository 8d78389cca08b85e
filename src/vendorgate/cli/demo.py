"""``vendorgate demo``: the story, played on the real gateway with a stub vendor."""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor
    from vendorgate.testing.running_gateway import RunningGateway

CONFIG = """\
version: 1
listen: {gateway: "{gateway}", admin: "{admin}"}
identity: {local_issuer: true}
credentials:
  stripe-demo: {from: store}
vendors:
  stripe:
    catalog: stripe
    base_url: VENDOR
    allow_private: true
    credential: stripe-demo
rules:
  - id: payroll-small-transfers
    about: Payroll may pay up to 10,000 on its own
    who: ["group:payroll"]
    call: ["stripe.transfers.create"]
    when: call.money.value <= 10000 && call.money.currency == "USD"
    effect: allow
  - id: never
    call: ["stripe.transfers.create"]
    when: call.money.value > 50000
    effect: deny
    message: Transfers above 50,000 go through the treasury portal.
"""
SECRET = "sk_test_demo_4eC39HqLyjWDarjtT1zdp7dc"  # noqa: S105 - the stub vendor's key, worth nothing
OLD_KEY = "sk_test_old_contractor_9f8e7d6c5b4a"


class Scene(NamedTuple):
    """One scene: what is sent, and what must come of it."""

    title: str
    amount_minor: int
    token: str
    status: int
    reason: str | None
    reaches_vendor: bool


@click.command(epilog="Example: vendorgate demo --once")
@click.option("--once", is_flag=True, help="Play the story, print it and exit (0 only if every scene came out right).")
def command(once: bool) -> None:
    """Play the story on a stub vendor: allowed, blocked, refused, and what the record says."""
    folder = Path(tempfile.mkdtemp(prefix="vendorgate-demo-"))
    try:
        passed = _play(folder, once=once)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if passed else 1)


def _play(folder: Path, *, once: bool) -> bool:
    from vendorgate.testing.fake_vendor import FakeVendor
    from vendorgate.testing.running_gateway import RunningGateway

    with FakeVendor(_stripe_like) as vendor:
        gateway = RunningGateway(CONFIG.replace("VENDOR", vendor.url), folder)
        gateway.cli("credentials", "set", "stripe-demo", stdin=SECRET.encode())
        with gateway:
            click.echo("vendorgate demo: a payroll job, a payment vendor, and the gateway between them.\n")
            token = gateway.token("payroll-job", "payroll")
            scenes = [
                Scene("The payroll job pays 120.00 USD", 12_000, token, 200, None, True),
                Scene("The same job tries 90,000.00 USD", 9_000_000, token, 403, "denied", False),
                Scene("The contractor's old key arrives", 12_000, OLD_KEY, 401, "unauthenticated", False),
            ]
            passed = [_scene(number, scene, gateway, vendor) for number, scene in enumerate(scenes, 1)]
            passed.append(_record(len(scenes) + 1, gateway, folder))
            click.echo(f"\n{sum(passed)} of {len(passed)} scenes came out as they should.")
            if not once:
                _stay_up(gateway.url, gateway.admin_url, folder)
    return all(passed)


def _scene(number: int, scene: Scene, gateway: "RunningGateway", vendor: "FakeVendor") -> bool:
    from vendorgate.testing.running_gateway import http

    before = len(vendor.requests)
    answer = http(
        "POST",
        f"{gateway.url}/stripe/v1/transfers",
        headers={"Authorization": f"Bearer {scene.token}", "Content-Type": "application/x-www-form-urlencoded"},
        body=f"amount={scene.amount_minor}&currency=usd&destination=acct_1PayrollEmployee"
        "&description=paid%20with%204242424242424242%20for%20kim%40example.com".encode(),
    )
    reached = vendor.requests[before:]
    reason = answer.json().get("reason") if answer.status >= 400 else None
    passed = answer.status == scene.status and reason == scene.reason and bool(reached) == scene.reaches_vendor
    key_swapped = all(
        SECRET in sent.headers.get("authorization", "") and scene.token.encode() not in sent.raw for sent in reached
    )
    click.echo(f"{number}. {scene.title}: {answer.status}{' ' + reason if reason else ''}")
    if answer.status >= 400:
        click.echo(f"   {answer.json()['detail']}")
    click.echo(
        "   The vendor got it, with the key the job never saw." if reached else "   The vendor never heard of it."
    )
    return passed and key_swapped


def _record(number: int, gateway: "RunningGateway", folder: Path) -> bool:
    calls = gateway.calls()
    click.echo(f"{number}. The auditor looks at the record:")
    for call in reversed(calls):
        caller = call["caller"]["id"] if call["caller"] else "unknown caller"
        money = f"{call['money']['value']} {call['money']['currency']}" if call["money"] else "-"
        what = f"{call['vendor']}.{call['function'] or '?'}"
        click.echo(f"   {call['received_at']}  {caller}  {what}  {money}  {call['effect']} ({call['reason']})")
    allowed = [call for call in calls if call["effect"] == "allow"]
    if allowed:
        click.echo(f"   description as recorded: {allowed[0]['params'].get('description')}")
    stored = b"".join(file.read_bytes() for file in sorted(gateway.data.glob("vendorgate.db*")))
    leaked = [value for value in (b"4242424242424242", b"kim@example.com", SECRET.encode()) if value in stored]
    touching = gateway.calls("--touching", "4242 4242 4242 4242")
    verified = gateway.cli("audit", "verify").returncode == 0
    click.echo(f"   card, e-mail and key in the store: {'FOUND' if leaked else 'nowhere'}")
    click.echo(f"   calls that touched the card: {len(touching)}; chain: {'intact' if verified else 'BROKEN'}")
    return len(calls) == 3 and len(allowed) == 1 and not leaked and bool(touching) and verified


def _stay_up(url: str, admin_url: str, folder: Path) -> None:
    click.echo(f"\nThe gateway stays up at {url}, the control plane at {admin_url}. Ctrl-C ends it. Try:")
    click.echo(f"  export VENDORGATE_DATA={folder / 'data'}")
    click.echo("  TOKEN=$(vendorgate token mint --subject me --group payroll)")
    click.echo(f'  curl {url}/stripe/v1/transfers -H "Authorization: Bearer $TOKEN" \\')
    click.echo("    -d amount=500 -d currency=usd -d destination=acct_1")
    click.echo("  vendorgate calls list")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        click.echo("ended")


def _stripe_like(request: "FakeRequest") -> "FakeResponse":
    import orjson

    from vendorgate.testing.fake_vendor import FakeResponse

    return FakeResponse(
        body=orjson.dumps(
            {
                "id": "tr_1PqXyZ2eZvKYlo2C",
                "object": "transfer",
                "receipt_email": "kim@example.com",
                "card": "4242-4242-4242-4242",
            }
        )
    )
