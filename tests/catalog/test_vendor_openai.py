"""OpenAI's own SDK, understood by the built-in catalogue."""

from decimal import Decimal

import openai
import pytest

from vendorgate.testing.fake_vendor import FakeVendor

from .sdk_wire import Wire

MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def wire():
    with FakeVendor() as server:
        yield Wire("openai", server)


@pytest.fixture(scope="module")
def client(wire):
    return openai.OpenAI(api_key="sk-x", base_url=wire.url, max_retries=0)


@pytest.mark.parametrize(
    ("send", "name", "access", "params"),
    [
        (
            lambda c: c.chat.completions.create(model="gpt-4o", messages=MESSAGES, temperature=0.5, max_tokens=10),
            "chat.completions.create",
            "write",
            {"model": "gpt-4o", "messages": MESSAGES, "temperature": Decimal("0.5"), "max_tokens": 10},
        ),
        (
            lambda c: c.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True),
            "chat.completions.create",
            "write",
            {"model": "gpt-4o", "messages": MESSAGES, "stream": True},
        ),
        (
            lambda c: c.responses.create(model="gpt-4o", input="Hello"),
            "responses.create",
            "write",
            {"model": "gpt-4o", "input": "Hello"},
        ),
        (
            lambda c: c.responses.create(model="gpt-4o", input=MESSAGES, store=False),
            "responses.create",
            "write",
            {"model": "gpt-4o", "input": MESSAGES, "store": False},
        ),
        (lambda c: c.responses.retrieve("resp_1"), "responses.retrieve", "read", {"response_id": "resp_1"}),
        (lambda c: c.responses.cancel("resp_1"), "responses.cancel", "write", {"response_id": "resp_1"}),
        (lambda c: c.responses.delete("resp_1"), "responses.delete", "destroy", {"response_id": "resp_1"}),
        (
            lambda c: c.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float"),
            "embeddings.create",
            "write",
            {"model": "text-embedding-3-small", "input": ["a", "b"], "encoding_format": "float"},
        ),
        (lambda c: c.models.list(), "models.list", "read", {}),
        (lambda c: c.models.retrieve("gpt-4o"), "models.retrieve", "read", {"model": "gpt-4o"}),
        (lambda c: c.models.delete("ft:gpt-4o:me"), "models.delete", "destroy", {"model": "ft:gpt-4o:me"}),
        (lambda c: c.moderations.create(input="Hello"), "moderations.create", "read", {"input": "Hello"}),
        (
            lambda c: c.images.generate(model="gpt-image-1", prompt="a cat", n=1),
            "images.generate",
            "write",
            {"model": "gpt-image-1", "prompt": "a cat", "n": 1},
        ),
        (
            lambda c: c.audio.speech.create(model="tts-1", voice="alloy", input="Hello"),
            "audio.speech.create",
            "write",
            {"model": "tts-1", "voice": "alloy", "input": "Hello"},
        ),
        (lambda c: c.files.list(purpose="batch"), "files.list", "read", {"purpose": "batch"}),
        (lambda c: c.files.delete("file-1"), "files.delete", "destroy", {"file_id": "file-1"}),
        (lambda c: c.files.content("file-1"), "files.content", "read", {"file_id": "file-1"}),
        (
            lambda c: c.batches.create(input_file_id="file-1", endpoint="/v1/responses", completion_window="24h"),
            "batches.create",
            "write",
            {"input_file_id": "file-1", "endpoint": "/v1/responses", "completion_window": "24h"},
        ),
        (lambda c: c.batches.cancel("batch_1"), "batches.cancel", "write", {"batch_id": "batch_1"}),
        (
            lambda c: c.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-1"),
            "fine_tuning.jobs.create",
            "write",
            {"model": "gpt-4o-mini", "training_file": "file-1"},
        ),
        (
            lambda c: c.vector_stores.create(name="docs", file_ids=["file-1"]),
            "vector_stores.create",
            "write",
            {"name": "docs", "file_ids": ["file-1"]},
        ),
    ],
)
def test_a_request_of_the_sdk_is_understood(wire, client, send, name, access, params):
    call = wire.match(lambda: send(client))
    assert (call.function.name, call.function.access) == (name, access)
    assert call.params == params


@pytest.mark.parametrize(
    ("send", "name"),
    [
        (lambda c: c.files.create(file=("a.jsonl", b"{}\n"), purpose="batch"), "openai.files.create"),
        (
            lambda c: c.audio.transcriptions.create(model="whisper-1", file=("a.mp3", b"ID3")),
            "openai.audio.transcriptions.create",
        ),
        (lambda c: c.images.edit(image=("a.png", b"PNG"), prompt="a hat"), "openai.images.edit"),
    ],
)
def test_uploads_are_listed_as_the_multipart_that_the_sdk_sends(wire, client, send, name):
    send(client)
    assert wire.server.requests[-1].headers["content-type"].startswith("multipart/form-data")
    assert wire.matcher.functions[name].body == "multipart"


def test_what_is_not_listed_is_unlisted(wire, client):
    assert wire.match(lambda: client.evals.list()).function.name == "unlisted"
