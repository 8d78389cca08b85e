"""Calls and callers as the stages before policy would build them."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from vendorgate.model import Call, Caller, CanonicalRequest, ClientRequest, Function, Money

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z

FUNCTIONS = {
    function.full_name: function
    for function in (
        Function("stripe", "transfers.create", "write", "form"),
        Function("stripe", "transfers.list", "read", "none"),
        Function("stripe", "customers.delete", "destroy", "none"),
        Function("stripe", "unlisted", "write", "any", listed=False),
        Function("twilio", "messages.create", "write", "form"),
        Function("twilio", "unlisted", "read", "any", listed=False),
    )
}


def build_call(
    function: str = "stripe.transfers.create",
    *,
    params: dict | None = None,
    money: str | None = "120.00 USD",
    subject: str = "payroll-job",
    kind: str = "workload",
    groups: tuple[str, ...] = ("payroll",),
    issuer: str = "github",
    claims: dict | None = None,
    target: str = "/v1/transfers?expand=1",
    body: bytes = b"amount=12000",
) -> Call:
    caller = Caller(subject, kind, frozenset(groups), issuer, claims or {}, NOW + 60)
    headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
    request = ClientRequest("c1", NOW, "POST", "stripe", "/v1/transfers", "", "gate", headers, body, "192.0.2.1")
    canonical = CanonicalRequest("POST", "api.stripe.com", target, headers, body)
    value, _, currency = (money or "").partition(" ")
    return Call(
        id="c1",
        caller=caller,
        function=FUNCTIONS[function],
        params={} if params is None else params,
        money=Money(Decimal(value), currency) if money else None,
        digest="0" * 64,
        canonical=canonical,
        request=request,
    )


@pytest.fixture(scope="session")
def make_call() -> Callable[..., Call]:
    return build_call


@pytest.fixture(scope="session")
def functions() -> dict[str, Function]:
    return FUNCTIONS


@pytest.fixture(scope="session")
def now() -> float:
    return NOW
