"""The curl that everybody has, as a caller: forms, JSON, keep-alive, Expect, chunks, TLS."""

import json
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from vendorgate.testing.certificates import make_certificate
from vendorgate.testing.fake_vendor import FakeVendor
from vendorgate.testing.running_gateway import RunningGateway

from .conftest import CONFIG, SECRET

CURL = shutil.which("curl") or ""
pytestmark = pytest.mark.skipif(not CURL, reason="curl is not installed")
MIB = 1024 * 1024
LIMITS = "limits: {body: 2MiB}\n"
JSON = ("-H", "Content-Type: application/json")
AMOUNT = ("-d", "amount=12000", "-d", "currency=usd", "-d", "destination=acct_123")


class Curled(NamedTuple):
    """What curl saw: the status and body of the last answer, how many connections it opened, its narration (-v)."""

    code: int
    status: int
    body: bytes
    connections: int
    narration: str


def curl(*arguments: str, stdin: bytes = b"") -> Curled:
    """Run curl without the machine's own configuration and proxies."""
    done = subprocess.run(
        [CURL, "-q", "-sS", "-v", "--noproxy", "*", "--max-time", "30",
         "-w", "\n%{http_code} %{num_connects}", *arguments],
        input=stdin, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    body, _, written = done.stdout.rpartition(b"\n")
    status, connections = written.split()
    return Curled(done.returncode, int(status), body, int(connections), done.stderr.decode("utf-8", "replace"))


@pytest.fixture(scope="module")
def gateway(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    config = CONFIG.replace("VENDOR", vendor.url) + LIMITS
    running = RunningGateway(config, folder, environ={"OPENAI_KEY": "sk-proj-curl"})
    running.cli("credentials", "set", "stripe-live", stdin=SECRET.encode())
    with running:
        yield running


@pytest.fixture(scope="module")
def token(gateway: RunningGateway) -> str:
    return gateway.token("payroll-job", "payroll", "ops")


def test_the_first_call_of_the_readme(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    """A form, the token where Stripe's key used to be: the Basic user name."""
    done = curl(f"{gateway.url}/stripe/v1/transfers", "-u", f"{token}:", *AMOUNT)
    assert (done.code, done.status) == (0, 200), done
    assert json.loads(done.body)["object"] == "transfer"
    sent = vendor.requests[-1]
    assert (sent.target, sent.body) == ("/v1/transfers", b"amount=12000&currency=usd&destination=acct_123")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_form_that_curl_encodes(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    text = "description=Müller & Söhne + 1; 100 %"
    done = curl(f"{gateway.url}/stripe/v1/transfers", "-u", f"{token}:", *AMOUNT, "--data-urlencode", text)
    assert done.status == 200, done
    assert b"description=M%C3%BCller+%26+S%C3%B6hne+%2B+1%3B+100+%25" in vendor.requests[-1].body


def test_a_form_as_multipart_is_refused_with_the_way_out(
    gateway: RunningGateway, vendor: FakeVendor, token: str
) -> None:
    before = len(vendor.requests)
    done = curl(f"{gateway.url}/stripe/v1/transfers", "-u", f"{token}:", "-F", "amount=1", "-F", "currency=usd")
    assert done.status == 415
    assert "application/x-www-form-urlencoded" in json.loads(done.body)["detail"]
    assert len(vendor.requests) == before


def test_json(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    body = '{"model": "gpt-x", "messages": [{"role": "user", "content": "hi"}]}'
    done = curl(
        f"{gateway.url}/openai/chat/completions", "-H", f"Authorization: Bearer {token}",
        "-H", "Content-Type: application/json", "-d", body,
    )  # fmt: skip
    assert done.status == 200, done
    assert json.loads(vendor.requests[-1].body) == json.loads(body)
    assert vendor.requests[-1].target == "/v1/chat/completions"


def test_get_with_a_query_and_head(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    done = curl("-G", f"{gateway.url}/stripe/v1/customers", "-u", f"{token}:", "-d", "limit=3")
    assert (done.status, vendor.requests[-1].target) == (200, "/v1/customers?limit=3")
    assert vendor.requests[-1].body == b""
    health = curl("-I", f"{gateway.url}/.vendorgate/health")
    assert (health.code, health.status) == (0, 200)


def test_many_calls_on_one_connection(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    before = len(vendor.requests)
    urls = [f"{gateway.url}/stripe/v1/transfers"] * 3
    done = curl("--http1.1", *urls, "-u", f"{token}:", *AMOUNT)
    assert done.code == 0
    assert (done.status, done.connections) == (200, 0), "the last call needed no new connection"
    assert done.narration.count("Re-using existing connection") == 2
    assert len(vendor.requests) - before == 3


def test_a_refusal_keeps_the_connection(gateway: RunningGateway, token: str) -> None:
    refused = (f"{gateway.url}/stripe/v1/transfers", "-u", f"{token}:", "-d", "amount=9000000", "-d", "currency=usd")
    done = curl(*refused, "--next", "-sS", f"{gateway.url}/stripe/v1/balance", "-u", f"{token}:", "-w", "\n%{http_code} %{num_connects}")  # fmt: skip
    assert (done.status, done.connections) == (200, 0)
    assert "403 Forbidden" in done.narration


def test_http_1_0(gateway: RunningGateway, token: str) -> None:
    done = curl("--http1.0", f"{gateway.url}/stripe/v1/transfers", "-u", f"{token}:", *AMOUNT)
    assert (done.code, done.status) == (0, 200)


def _large(bytes_: int) -> bytes:
    """A chat of this size; forms may not be as large."""
    head, tail = b'{"model":"gpt-x","messages":[{"role":"user","content":"', b'"}]}'
    return head + b"x" * (bytes_ - len(head) - len(tail)) + tail


@pytest.mark.parametrize("expect", [True, False], ids=["expect", "no expect"])
def test_a_large_body_within_the_limit(gateway: RunningGateway, vendor: FakeVendor, token: str, expect: bool) -> None:
    body = _large(MIB + MIB // 2)
    header = "Expect: 100-continue" if expect else "Expect:"
    done = curl(
        f"{gateway.url}/openai/chat/completions",
        "-H",
        f"Authorization: Bearer {token}",
        *JSON,
        "-H",
        header,
        "--data-binary",
        "@-",
        stdin=body,
    )
    assert (done.code, done.status) == (0, 200), done.body
    assert ("100 Continue" in done.narration) == expect
    assert vendor.requests[-1].body == body
    assert "expect" not in vendor.requests[-1].headers


@pytest.mark.parametrize("expect", [True, False], ids=["expect", "no expect"])
def test_a_body_over_the_limit(gateway: RunningGateway, vendor: FakeVendor, token: str, expect: bool) -> None:
    """With Expect not a byte of it is sent; without, curl still gets to read why."""
    before = len(vendor.requests)
    body = _large(3 * MIB)
    header = "Expect: 100-continue" if expect else "Expect:"
    done = curl(
        f"{gateway.url}/openai/chat/completions",
        "-H",
        f"Authorization: Bearer {token}",
        *JSON,
        "-H",
        header,
        "--data-binary",
        "@-",
        stdin=body,
    )
    assert done.status == 413, done.narration
    problem = json.loads(done.body)
    assert (problem["reason"], problem["status"]) == ("too_large", 413)
    assert str(2 * MIB) in problem["detail"]
    assert "100 Continue" not in done.narration
    assert len(vendor.requests) == before
    (call,) = [c for c in gateway.calls() if problem["instance"].endswith(c["id"])]
    assert (call["state"], call["reason"]) == ("refused", "too_large")


def test_a_chunked_upload_is_framed_anew(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    body = _large(200_000)
    chunked = ("-H", "Transfer-Encoding: chunked", *JSON)
    done = curl(
        f"{gateway.url}/openai/chat/completions",
        "-H",
        f"Authorization: Bearer {token}",
        *chunked,
        "--data-binary",
        "@-",
        stdin=body,
    )
    assert (done.code, done.status) == (0, 200), done
    sent = vendor.requests[-1]
    assert sent.body == body
    assert sent.headers["content-length"] == "200000"
    assert "transfer-encoding" not in sent.headers


def test_a_chunked_upload_over_the_limit(gateway: RunningGateway, vendor: FakeVendor, token: str) -> None:
    before = len(vendor.requests)
    chunked = ("-H", "Transfer-Encoding: chunked", "-H", "Expect:", "-X", "POST", "-T", "-")
    done = curl(
        f"{gateway.url}/openai/chat/completions",
        "-H",
        f"Authorization: Bearer {token}",
        *chunked,
        stdin=_large(3 * MIB),
    )
    assert done.status == 413, done.narration
    assert json.loads(done.body)["reason"] == "too_large"
    assert len(vendor.requests) == before


# --- TLS


class TlsGateway(RunningGateway):
    """The gateway with ``listen.gateway_tls``."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.gateway_port}"


@pytest.fixture(scope="module")
def tls(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TlsGateway, Path]]:
    folder = tmp_path_factory.mktemp("tls")
    ca, _, leaf, key = make_certificate(folder, "gate.test")
    config = CONFIG.replace("VENDOR", vendor.url)
    config = config.replace("listen: {", f"listen: {{gateway_tls: {{certificate: {leaf}, key: {key}}}, ") + LIMITS
    running = TlsGateway(config, folder, environ={"OPENAI_KEY": "sk-proj-curl"})
    running.cli("credentials", "set", "stripe-live", stdin=SECRET.encode())
    handler = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca))
    urllib.request.install_opener(urllib.request.build_opener(handler))
    try:
        with running:
            yield running, ca
    finally:
        urllib.request.install_opener(None)


def test_tls(tls: tuple[TlsGateway, Path], vendor: FakeVendor) -> None:
    gateway, ca = tls
    token = gateway.token("payroll-job", "payroll", "ops")
    done = curl("--cacert", str(ca), f"{gateway.url}/stripe/v1/transfers", "-u", f"{token}:", *AMOUNT)
    assert (done.code, done.status) == (0, 200), done
    assert "TLSv1.3" in done.narration
    assert vendor.requests[-1].headers["authorization"] == f"Bearer {SECRET}"
    named = ("--cacert", str(ca), "--resolve", f"gate.test:{gateway.gateway_port}:127.0.0.1")
    done = curl(*named, f"https://gate.test:{gateway.gateway_port}/stripe/v1/balance", "-u", f"{token}:")
    assert (done.code, done.status) == (0, 200), done
    assert "server accepted http/1.1" in done.narration


def test_tls_refusals_and_large_bodies(tls: tuple[TlsGateway, Path], vendor: FakeVendor) -> None:
    gateway, ca = tls
    token = gateway.token("payroll-job", "payroll", "ops")
    before = len(vendor.requests)
    base = (
        "--cacert",
        str(ca),
        f"{gateway.url}/openai/chat/completions",
        "-H",
        f"Authorization: Bearer {token}",
        *JSON,
        "--data-binary",
        "@-",
    )
    for expect in ("Expect: 100-continue", "Expect:"):
        done = curl(*base, "-H", expect, stdin=_large(3 * MIB))
        assert done.status == 413, (expect, done.narration[-2000:])
    assert len(vendor.requests) == before
    assert curl(*base, stdin=_large(MIB + MIB // 2)).status == 200
    assert len(vendor.requests) == before + 1


def test_tls_is_not_optional(tls: tuple[TlsGateway, Path], vendor: FakeVendor) -> None:
    gateway, ca = tls
    before = len(vendor.requests)
    address = f"127.0.0.1:{gateway.gateway_port}/stripe/v1/balance"
    assert curl(f"https://{address}").code == 60, "curl does not know the CA"
    assert (
        curl("--cacert", str(ca), "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", f"https://{address}").code
        == 35
    )
    assert curl(f"http://{address}").status == 0
    assert len(vendor.requests) == before
    assert curl("--cacert", str(ca), f"https://{address}").status == 401, "the control: TLS works, a token is missing"
    assert "Traceback" not in gateway.log.read_text()
