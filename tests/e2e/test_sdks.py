"""Real SDKs through the gateway, the CI job's token in place of the vendor's key."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import openai
import pytest
import stripe

from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor
from vendorgate.testing.running_gateway import RunningGateway, free_port, http

from .conftest import CONFIG


@pytest.fixture(scope="module")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "localstripe"), "--port", str(port), "--from-scratch"],
        cwd=tmp_path_factory.mktemp("localstripe"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            http("GET", url + "/v1/customers")
            break
        except OSError:
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def stripe_gateway(localstripe: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("stripe")
    gateway = RunningGateway(CONFIG.replace("VENDOR", localstripe), folder, environ={"OPENAI_KEY": "sk-x"})
    gateway.cli("credentials", "set", "stripe-live", stdin=b"sk_test_12345")
    with gateway:
        yield gateway


def test_the_stripe_sdk_works_with_a_token_as_its_key(stripe_gateway: RunningGateway) -> None:
    client = stripe.StripeClient(
        stripe_gateway.token("ci", "ops"), base_addresses={"api": stripe_gateway.url + "/stripe"}, max_network_retries=0
    )
    customer = client.v1.customers.create({"email": "kim@example.com", "metadata": {"team": "blue"}})
    assert customer.id.startswith("cus_")
    assert client.v1.customers.retrieve(customer.id).email == "kim@example.com"
    intent = client.v1.payment_intents.create({"amount": 1500, "currency": "eur", "customer": customer.id})
    assert intent.amount == 1500
    calls = stripe_gateway.calls()
    assert [c["function"] for c in calls] == ["payment_intents.create", "customers.retrieve", "customers.create"]
    assert calls[0]["money"] == {"value": "15.00", "currency": "EUR"}
    assert calls[2]["params"]["email"].startswith("[email:")
    assert calls[2]["params"]["metadata"] == {"team": "blue"}


def test_the_stripe_sdk_raises_its_own_error_on_a_refusal(stripe_gateway: RunningGateway) -> None:
    client = stripe.StripeClient(
        stripe_gateway.token("stranger"), base_addresses={"api": stripe_gateway.url + "/stripe"}, max_network_retries=2
    )
    before = len(stripe_gateway.calls())
    with pytest.raises(stripe.StripeError) as caught:
        client.v1.customers.create({"email": "kim@example.com"})
    assert caught.value.http_status == 403
    assert len(stripe_gateway.calls()) == before + 1, "the SDK does not retry what cannot help"


CHUNKS = ["Hel", "lo", "!"]


async def _events() -> AsyncIterator[bytes]:
    for text in CHUNKS:
        event = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
        }
        yield f"data: {json.dumps(event)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _openai_like(request: FakeRequest) -> FakeResponse:
    if json.loads(request.body).get("stream"):
        return FakeResponse(content_type="text/event-stream", pieces=_events())
    message = {"role": "assistant", "content": "Hello"}
    return FakeResponse(
        body=json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            }
        ).encode()
    )


def test_the_openai_sdk_works_whole_and_streamed(tmp_path: Path) -> None:
    with FakeVendor(_openai_like) as vendor:
        gateway = RunningGateway(
            CONFIG.replace("VENDOR", vendor.url), tmp_path, environ={"OPENAI_KEY": "sk-proj-abc0123456789"}
        )
        with gateway:
            client = openai.OpenAI(
                api_key=gateway.token("agent", "ops"), base_url=gateway.url + "/openai", max_retries=0
            )
            messages: list = [{"role": "user", "content": "my card is 4242 4242 4242 4242"}]
            whole = client.chat.completions.create(model="m", messages=messages)
            assert whole.choices[0].message.content == "Hello"
            stream = client.chat.completions.create(model="m", messages=messages, stream=True)
            assert [chunk.choices[0].delta.content for chunk in stream] == CHUNKS
            assert all(r.headers["authorization"] == "Bearer sk-proj-abc0123456789" for r in vendor.requests)
            assert b"4242 4242 4242 4242" in vendor.wire, "what is masked in the record is not masked to the vendor"
            calls = gateway.calls()
            assert [c["function"] for c in calls] == ["chat.completions.create"] * 2
            assert [c["state"] for c in calls] == ["closed"] * 2
            assert all("[card:4242:" in json.dumps(c["params"]) for c in calls)
            assert "Hel" in json.dumps(calls[0]["response"]["body"])
