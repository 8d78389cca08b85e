"""Anthropic's own SDK, understood by the built-in catalogue."""

import anthropic
import pytest

from vendorgate.testing.fake_vendor import FakeVendor

from .sdk_wire import Wire

MESSAGES = [{"role": "user", "content": "Hello"}]
MODEL = "claude-x"


@pytest.fixture(scope="module")
def wire():
    with FakeVendor() as server:
        yield Wire("anthropic", server)


@pytest.fixture(scope="module")
def client(wire):
    return anthropic.Anthropic(api_key="sk-ant-x", base_url=wire.url, max_retries=0)


@pytest.mark.parametrize(
    ("send", "name", "access", "params"),
    [
        (
            lambda c: c.messages.create(model=MODEL, max_tokens=100, messages=MESSAGES, system="Be brief"),
            "messages.create",
            "write",
            {"model": MODEL, "max_tokens": 100, "messages": MESSAGES, "system": "Be brief"},
        ),
        (
            lambda c: c.messages.create(model=MODEL, max_tokens=100, messages=MESSAGES, stream=True),
            "messages.create",
            "write",
            {"model": MODEL, "max_tokens": 100, "messages": MESSAGES, "stream": True},
        ),
        (
            lambda c: c.messages.count_tokens(model=MODEL, messages=MESSAGES),
            "messages.count_tokens",
            "read",
            {"model": MODEL, "messages": MESSAGES},
        ),
        (
            lambda c: c.messages.batches.create(
                requests=[{"custom_id": "a", "params": {"model": MODEL, "max_tokens": 1, "messages": MESSAGES}}]
            ),
            "messages.batches.create",
            "write",
            {"requests": [{"custom_id": "a", "params": {"model": MODEL, "max_tokens": 1, "messages": MESSAGES}}]},
        ),
        (
            lambda c: c.messages.batches.retrieve("b_1"),
            "messages.batches.retrieve",
            "read",
            {"message_batch_id": "b_1"},
        ),
        (lambda c: c.messages.batches.cancel("b_1"), "messages.batches.cancel", "write", {"message_batch_id": "b_1"}),
        (lambda c: c.messages.batches.delete("b_1"), "messages.batches.delete", "destroy", {"message_batch_id": "b_1"}),
        (lambda c: c.messages.batches.list(limit=5), "messages.batches.list", "read", {"limit": 5}),
        (lambda c: c.models.list(), "models.list", "read", {}),
        (lambda c: c.models.retrieve(MODEL), "models.retrieve", "read", {"model_id": MODEL}),
    ],
)
def test_a_request_of_the_sdk_is_understood(wire, client, send, name, access, params):
    call = wire.match(lambda: send(client))
    assert (call.function.name, call.function.access) == (name, access)
    assert call.params == params


def test_what_is_not_listed_is_unlisted(wire, client):
    assert wire.match(lambda: client.get("/v1/organizations/me", cast_to=object)).function.name == "unlisted"


def test_the_callers_key_is_taken_out_wherever_its_sdk_puts_it(wire, client):
    """SDKs have sent it as x-api-key and as a bearer token; the vendor's own goes into x-api-key."""
    call = wire.match(lambda: client.models.list())
    assert "sk-ant-x" in str(wire.server.requests[-1].headers)
    assert not any(b"sk-ant-x" in value for _, value in call.canonical.headers)
    assert wire.catalog.attach == "header:x-api-key"
