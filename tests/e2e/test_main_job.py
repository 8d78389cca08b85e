"""One vendor call through the real gateway: identified, judged, credentialed, recorded masked."""

import pytest

from vendorgate.testing.fake_vendor import FakeVendor
from vendorgate.testing.running_gateway import RunningGateway, http

from .conftest import SECRET, bearer, read_store

TRANSFERS = "/stripe/v1/transfers"


def pay(
    gateway: RunningGateway, token: str, body: str = "amount=12000&currency=usd&destination=acct_1", **headers: str
):
    return http("POST", gateway.url + TRANSFERS, headers={**bearer(token), **headers}, body=body.encode())


def test_a_small_transfer_is_allowed_and_goes_out_with_the_vendors_key(
    gateway: RunningGateway, vendor: FakeVendor
) -> None:
    token = gateway.token("payroll-job", "payroll")
    before = len(vendor.requests)
    answer = pay(gateway, token)
    assert answer.status == 200, answer.body
    assert answer.headers["vendorgate-call-id"]
    (sent,) = vendor.requests[before:]
    assert (sent.method, sent.target) == ("POST", "/v1/transfers")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.headers["host"] == f"127.0.0.1:{vendor.port}"
    assert token.encode() not in sent.raw
    assert sent.body == b"amount=12000&currency=usd&destination=acct_1"
    (call,) = [c for c in gateway.calls() if c["id"] == answer.headers["vendorgate-call-id"]]
    assert call["caller"]["id"] == "payroll-job"
    assert call["caller"]["groups"] == ["payroll"]
    assert (call["vendor"], call["function"], call["access"], call["method"]) == (
        "stripe",
        "transfers.create",
        "write",
        "POST",
    )
    assert call["money"] == {"value": "120.00", "currency": "USD"}
    assert (call["effect"], call["reason"], call["rule"], call["state"]) == (
        "allow",
        "allowed",
        "payroll-small",
        "closed",
    )
    assert call["vendor_status"] == 200
    assert call["credential"] == {"name": "stripe-live", "version": 1}
    assert call["params"]["amount"] == 12000
    assert call["response"]["body"]["object"] == "transfer"
    assert set(call) >= {"id", "received_at", "host", "path", "policy_version", "review", "masked", "duration_ms", "chain"}  # fmt: skip


REFUSED = [
    ("over the limit", "amount=9000000&currency=usd", 403, "denied"),
    ("needs a person", "amount=2500000&currency=usd", 403, "review_denied"),
    ("another currency", "amount=100&currency=eur", 403, "no_rule"),
    ("no amount", "currency=usd&destination=a", 403, "denied"),
    ("amount twice", "amount=100&amount=9000000&currency=usd", 422, "ambiguous_body"),
    ("amount as list", "amount[]=100&currency=usd", 422, None),
    ("amount in words", "amount=many&currency=usd", 422, None),
    ("amount in hex", "amount=0x10&currency=usd", 422, None),
    ("amount as exponent", "amount=1e2&currency=usd", 422, None),
]


@pytest.mark.parametrize(("name", "body", "status", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_policy_forbids_or_nobody_can_read_never_reaches_the_vendor(
    gateway: RunningGateway, vendor: FakeVendor, name: str, body: str, status: int, reason: str | None
) -> None:
    token = gateway.token("payroll-job", "payroll")
    before = len(vendor.requests)
    answer = pay(gateway, token, body)
    assert answer.status == status, answer.body
    problem = answer.json()
    if reason is not None:
        assert problem["reason"] == reason
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["proxy-status"].startswith("vendorgate; error=")
    assert answer.headers["x-should-retry"] == "false"
    assert problem["instance"] == f"urn:vendorgate:call:{answer.headers['vendorgate-call-id']}"
    assert vendor.requests[before:] == []
    (call,) = [c for c in gateway.calls() if c["id"] == answer.headers["vendorgate-call-id"]]
    assert (call["state"], call["reason"]) == ("refused", problem["reason"])
    assert call["vendor_status"] is None
    assert pay(gateway, token).status == 200, "the control: the same caller may pay"


def test_a_rules_own_words_reach_the_caller(gateway: RunningGateway) -> None:
    problem = pay(gateway, gateway.token("payroll-job", "payroll"), "amount=9000000&currency=usd").json()
    assert (problem["rule"], problem["detail"]) == ("never", "Transfers above 50,000 go through the treasury portal.")


TOKENS = [
    ("none", {}),
    ("old key", {"Authorization": "Bearer sk_live_old_contractor"}),
    ("garbage", {"Authorization": "Bearer a.b.c"}),
    ("basic", {"Authorization": "Basic c2tfbGl2ZV94Og=="}),
]


@pytest.mark.parametrize(("name", "headers"), TOKENS, ids=[row[0] for row in TOKENS])
def test_without_a_valid_token_nothing_goes_out_and_the_record_says_so(
    gateway: RunningGateway, vendor: FakeVendor, name: str, headers: dict[str, str]
) -> None:
    before = len(vendor.requests)
    answer = http("POST", gateway.url + TRANSFERS, headers=headers | {"Content-Type": "application/x-www-form-urlencoded"}, body=b"amount=1&currency=usd")  # fmt: skip
    assert (answer.status, answer.json()["reason"]) == (401, "unauthenticated")
    assert "www-authenticate" in answer.headers
    assert vendor.requests[before:] == []
    (call,) = [c for c in gateway.calls() if c["id"] == answer.headers["vendorgate-call-id"]]
    assert (call["caller"], call["effect"], call["state"]) == (None, "deny", "refused")


def test_the_token_is_taken_from_each_slot(gateway: RunningGateway) -> None:
    token = gateway.token("payroll-job", "payroll")
    import base64

    basic = base64.b64encode(f"{token}:".encode()).decode()
    proxy = base64.b64encode(f"x:{token}".encode()).decode()
    for headers in (
        {"Proxy-Authorization": f"Bearer {token}"},
        {"Proxy-Authorization": f"Basic {proxy}"},
        {"Vendorgate-Token": token},
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Basic {basic}"},
    ):
        answer = http(
            "POST",
            gateway.url + TRANSFERS,
            headers=headers | {"Content-Type": "application/x-www-form-urlencoded"},
            body=b"amount=1&currency=usd",
        )
        assert answer.status == 200, (headers.keys(), answer.body)
    two = {"Vendorgate-Token": token, "Authorization": f"Bearer {gateway.token('other', 'payroll')}"}
    answer = http("POST", gateway.url + TRANSFERS, headers=two, body=b"amount=1&currency=usd")
    assert answer.status == 401


def test_an_unknown_vendor_an_unlisted_function_and_a_missing_credential(gateway: RunningGateway) -> None:
    token = gateway.token("reader", "ops")
    for path, status, reason in (
        ("/nowhere/v1/x", 403, "unknown_vendor"),
        ("/stripe/v1/some/new/thing", 403, "no_rule"),
        ("/nokey/user/repos", 503, "credential_unavailable"),
        ("/stripe/v1/balance", 200, None),
    ):
        answer = http("GET", gateway.url + path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status == status, (path, answer.body)
        if reason:
            assert answer.json()["reason"] == reason


def test_nothing_sensitive_is_at_rest_and_the_card_is_still_found(gateway: RunningGateway) -> None:
    token = gateway.token("payroll-job", "payroll")
    body = "amount=100&currency=usd&destination=a&description=card%204242424242424242%20of%20kim.lee%40example.com"
    answer = pay(gateway, token, body)
    assert answer.status == 200
    found = gateway.calls("--touching", "4242-4242-4242-4242")
    assert [c["id"] for c in found] == [answer.headers["vendorgate-call-id"]]
    assert "[card:4242:" in found[0]["params"]["description"]
    assert found[0]["masked"]["card"] >= 1
    stored = read_store(gateway.data) + gateway.log.read_bytes()
    for secret in (b"4242424242424242", b"kim.lee@example.com", SECRET.encode(), token.encode()):
        assert secret not in stored
    assert b"payroll-job" in stored, "the control: the store was read"


def test_the_chain_verifies_and_exports_read(gateway: RunningGateway) -> None:
    pay(gateway, gateway.token("payroll-job", "payroll"))
    assert gateway.cli("audit", "verify").returncode == 0
    export = gateway.cli("calls", "export", "--format", "csv")
    assert export.returncode == 0
    assert export.stdout.splitlines()[0].startswith(b"id,")


def test_a_changed_configuration_takes_effect_and_a_bad_one_does_not(gateway: RunningGateway) -> None:
    import time

    text = gateway.config.read_text()
    token = gateway.token("payroll-job", "payroll")
    try:
        gateway.config.write_text(text.replace("value <= 10000", "value <= 50"))
        for _ in range(100):
            if pay(gateway, token).status == 403:
                break
            time.sleep(0.05)
        assert pay(gateway, token).status == 403
        gateway.config.write_text(text.replace("effect: allow", "effect: alow"))
        time.sleep(1.2)
        assert "effect" in gateway.log.read_text()
        assert pay(gateway, token).status == 403, "the last good one stays in force"
    finally:
        gateway.config.write_text(text)
    for _ in range(100):
        if pay(gateway, token).status == 200:
            break
        time.sleep(0.05)
    assert pay(gateway, token).status == 200
