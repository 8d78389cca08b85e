"""The real gateway in front of a stub vendor, and small helpers to talk to both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from vendorgate.testing.fake_vendor import FakeVendor
from vendorgate.testing.running_gateway import RunningGateway

SECRET = "sk_live_51HvendorgateE2Esecret0123456789"

CONFIG = """\
version: 1
listen: {gateway: "{gateway}", admin: "{admin}"}
credentials:
  stripe-live: {from: store}
  openai-live: {from: env, name: OPENAI_KEY}
vendors:
  stripe: {catalog: stripe, base_url: VENDOR, allow_private: true, credential: stripe-live}
  openai: {catalog: openai, base_url: "VENDOR/v1", allow_private: true, credential: openai-live}
  nokey: {catalog: github, base_url: VENDOR, allow_private: true, credential: missing}
rules:
  - id: payroll-small
    who: ["group:payroll"]
    call: ["stripe.transfers.create"]
    when: call.money.value <= 10000 && call.money.currency == "USD"
    effect: allow
  - id: never
    call: ["stripe.transfers.create"]
    when: call.money.value > 50000
    effect: deny
    message: Transfers above 50,000 go through the treasury portal.
  - id: large-needs-a-person
    call: ["stripe.transfers.create"]
    when: call.money.value > 10000
    effect: review
    review: {by: ["group:finance"]}
  - id: reading-is-fine
    call: ["access:read"]
    effect: allow
  - id: ops-customers
    who: ["group:ops"]
    call: ["stripe.customers.*", "stripe.payment_intents.*", "stripe.refunds.*", "openai.*"]
    effect: allow
"""
CONFIG = CONFIG.replace("  openai-live: {from: env", "  missing: {from: store}\n  openai-live: {from: env")


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    running = RunningGateway(
        CONFIG.replace("VENDOR", vendor.url), folder, environ={"OPENAI_KEY": "sk-proj-e2e-0123456789"}
    )
    done = running.cli("credentials", "set", "stripe-live", stdin=SECRET.encode() + b"\n")
    assert done.returncode == 0, done.stderr
    with running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"}


def read_store(data: Path) -> bytes:
    """Every byte at rest below the data directory, keys excepted."""
    files = [file for file in sorted(data.rglob("*")) if file.is_file() and file.parent.name != "keys"]
    return b"\0".join(file.read_bytes() for file in files)
