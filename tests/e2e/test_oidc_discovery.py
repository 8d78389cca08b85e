"""A real OpenID provider on loopback: its keys are found by discovery, its tokens call through the gateway.

The provider is nanoidp, which nobody here wrote; tokens are fetched as a job (client credentials) and as a person
(password grant) would fetch them.
"""

import base64
import json
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vendorgate.testing.fake_issuer import FakeIssuer
from vendorgate.testing.fake_vendor import FakeVendor
from vendorgate.testing.running_gateway import HttpAnswer, RunningGateway, free_port, http

from .conftest import bearer

SETTINGS = """\
config_version: 1
server: {host: 127.0.0.1, port: PORT}
oauth:
  issuer: ISSUER
  audience: vendorgate
  token_expiry_minutes: 10
  clients:
    - {client_id: payroll-job, client_secret: job-secret}
    - {client_id: report-job, client_secret: report-secret}
"""
USERS = """\
config_version: 1
users:
  kim: {password: correct-horse, email: kim@example.test, roles: [USER], groups: [finance, payroll], tenant: default}
"""
CONFIG = """\
version: 1
listen: {gateway: "{gateway}", admin: "{admin}"}
identity:
  local_issuer: false
  issuers:
    - name: corp
      issuer: ISSUER
      audience: vendorgate
      allow_private: true
      subject: "corp:{sub}"
      groups: ["client:{client_id}"]
      groups_claim: groups
credentials: {key: {from: env, name: STRIPE_KEY}}
vendors:
  stripe: {catalog: stripe, base_url: VENDOR, allow_private: true, credential: key}
rules:
  - id: by-client
    who: ["group:client:payroll-job"]
    call: ["stripe.transfers.create"]
    effect: allow
"""
TRANSFERS = "/stripe/v1/transfers"
BODY = b"amount=100&currency=usd&destination=acct_1"


class Provider:
    """A running nanoidp."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "settings.yaml").write_text(SETTINGS.replace("PORT", str(port)).replace("ISSUER", self.issuer))
        (folder / "users.yaml").write_text(USERS)

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "nanoidp", "--config", str(self._folder), "--strict-config"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        limit = time.monotonic() + 30
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                if http("GET", f"{self.issuer}/.well-known/openid-configuration").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the provider did not start:\n{(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def token(self, client: str = "payroll-job", secret: str = "job-secret", **form: str) -> str:
        """Fetch an access token; client credentials unless ``grant_type`` says otherwise."""
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        body = urllib.parse.urlencode({"grant_type": "client_credentials", **form}).encode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = http("POST", f"{self.issuer}/token", headers=headers, body=body)
        assert answer.status == 200, answer.body
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    running = Provider(tmp_path_factory.mktemp("provider"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gateway(
    vendor: FakeVendor, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    config = CONFIG.replace("VENDOR", vendor.url).replace("ISSUER", provider.issuer)
    with RunningGateway(config, tmp_path_factory.mktemp("gateway"), environ={"STRIPE_KEY": "sk_live_oidc"}) as running:
        yield running


def pay(gateway: RunningGateway, token: str) -> HttpAnswer:
    return http("POST", gateway.url + TRANSFERS, headers=bearer(token), body=BODY)


def recorded(gateway: RunningGateway, answer: HttpAnswer) -> dict[str, Any]:
    (call,) = [call for call in gateway.calls() if call["id"] == answer.headers["vendorgate-call-id"]]
    return call


def test_a_jobs_token_calls_and_the_record_names_the_job_and_its_issuer(
    gateway: RunningGateway, provider: Provider, vendor: FakeVendor
) -> None:
    token = provider.token()
    answer = pay(gateway, token)
    assert answer.status == 200, answer.body
    call = recorded(gateway, answer)
    assert call["caller"] == {
        "id": "corp:payroll-job", "kind": "workload", "issuer": "corp", "groups": ["client:payroll-job"]
    }  # fmt: skip
    assert (call["effect"], call["rule"], call["state"]) == ("allow", "by-client", "closed")
    assert vendor.requests[-1].headers["authorization"] == "Bearer sk_live_oidc"
    assert token.encode() not in vendor.wire


def test_a_persons_token_carries_the_groups_claim(gateway: RunningGateway, provider: Provider) -> None:
    answer = pay(gateway, provider.token(grant_type="password", username="kim", password="correct-horse"))
    assert answer.status == 200, answer.body
    caller = recorded(gateway, answer)["caller"]
    assert caller["id"] == "corp:kim"
    assert set(caller["groups"]) == {"client:payroll-job", "finance", "payroll"}


def test_a_known_caller_that_no_rule_names_is_refused_by_policy_not_by_identity(
    gateway: RunningGateway, provider: Provider, vendor: FakeVendor
) -> None:
    before = len(vendor.requests)
    answer = pay(gateway, provider.token("report-job", "report-secret"))
    assert (answer.status, answer.json()["reason"]) == (403, "no_rule")
    assert recorded(gateway, answer)["caller"]["id"] == "corp:report-job"
    assert len(vendor.requests) == before


def _other_signature(token: str) -> str:
    head, payload, signature = token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[10] ^= 1
    return f"{head}.{payload}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def _other_subject(token: str) -> str:
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "admin"
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


def _unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


def _own_key(token: str) -> str:
    """The provider's claims and its kid, signed with a key that is not the provider's."""
    head, payload, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return FakeIssuer(kid=json.loads(head)["kid"]).sign(head, payload)


TAMPERED = [
    ("another signature", _other_signature),
    ("another subject", _other_subject),
    ("no signature", _unsigned),
    ("another key under the same kid", _own_key),
]


@pytest.mark.parametrize(("name", "change"), TAMPERED, ids=[row[0] for row in TAMPERED])
def test_a_changed_token_is_refused(
    gateway: RunningGateway, provider: Provider, vendor: FakeVendor, name: str, change: Any
) -> None:
    token = provider.token()
    before = len(vendor.requests)
    answer = pay(gateway, change(token))
    assert (answer.status, answer.json()["reason"]) == (401, "unauthenticated"), name
    assert recorded(gateway, answer)["caller"] is None
    assert len(vendor.requests) == before
    assert pay(gateway, token).status == 200, "the control: the token as it was issued"


def test_a_token_for_another_audience_is_refused_and_the_detail_says_so(
    gateway: RunningGateway, provider: Provider, vendor: FakeVendor
) -> None:
    before = len(vendor.requests)
    answer = pay(gateway, provider.token(resource="https://other.example.test"))
    assert (answer.status, answer.json()["reason"]) == (401, "unauthenticated")
    assert "not meant for this gateway" in answer.json()["detail"]
    assert len(vendor.requests) == before


def test_keys_are_kept_when_the_provider_is_down(gateway: RunningGateway, provider: Provider) -> None:
    """Runs last: the provider does not come back. The token is one the gateway has never seen."""
    assert pay(gateway, provider.token()).status == 200
    fresh = provider.token()
    provider.stop()
    assert pay(gateway, fresh).status == 200
    stranger = FakeIssuer(provider.issuer, kid="rotated-1")
    answer = pay(gateway, stranger.mint(aud="vendorgate", client_id="payroll-job"))
    assert answer.status == 401, "a key nobody has vouched for"


def test_a_provider_that_never_answered_is_a_refusal_that_says_so(vendor: FakeVendor, tmp_path: Path) -> None:
    absent = f"http://127.0.0.1:{free_port()}"
    config = CONFIG.replace("VENDOR", vendor.url).replace("ISSUER", absent)
    with RunningGateway(config, tmp_path, environ={"STRIPE_KEY": "sk_live_oidc"}) as gateway:
        answer = pay(gateway, FakeIssuer(absent).mint(aud="vendorgate", client_id="payroll-job"))
        assert (answer.status, answer.json()["reason"]) == (401, "unauthenticated")
        assert "keys" in answer.json()["detail"]
        assert "Traceback" not in gateway.log.read_text()
