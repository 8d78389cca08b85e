"""Which fields reach the vendor: end-to-end ones, and nothing that carries a token or speaks of another request."""

import pytest

from vendorgate.wire.errors import FramingError
from vendorgate.wire.header_rules import kept_headers, read_headers

KEPT = [
    (b"accept", b"*/*"), (b"user-agent", b"sdk/1"), (b"content-type", b"application/json"), (b"idempotency-key", b"k1"),
    (b"stripe-version", b"2024-06-20"), (b"x-request-id", b"r"), (b"if-match", b'"e"'), (b"range", b"bytes=0-1"),
    (b"openai-organization", b"o"), (b"anthropic-version", b"2023-06-01"), (b"traceparent", b"00-a-b-01"),
    (b"prefer", b"return=minimal"), (b"content-encoding", b"identity"), (b"x-github-api-version", b"2022-11-28"),
]  # fmt: skip

DROPPED = [
    b"host", b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"te", b"trailer", b"upgrade",
    b"expect", b"http2-settings", b"proxy-connection", b"proxy-authorization", b"proxy-authenticate", b"authorization",
    b"vendorgate-token", b"vendorgate-call-id", b"x-api-key", b"api-key", b"cookie", b"forwarded", b"x-forwarded-for",
    b"x-forwarded-host", b"x-forwarded-prefix", b"via", b"x-real-ip", b"true-client-ip", b"x-http-method-override",
    b"x-http-method", b"x-method-override", b"x-original-url", b"x-rewrite-url", b"x-host", b"accept-encoding",
]  # fmt: skip


@pytest.mark.parametrize("field", KEPT, ids=lambda field: field[0].decode())
def test_end_to_end_fields_are_kept(field: tuple[bytes, bytes]) -> None:
    assert kept_headers((field,)) == (field,)


@pytest.mark.parametrize("name", DROPPED, ids=bytes.decode)
def test_fields_that_end_here_are_dropped(name: bytes) -> None:
    assert kept_headers(((name, b"x"), (b"accept", b"*/*"))) == ((b"accept", b"*/*"),)


def test_order_and_repeats_of_ordinary_fields_stay() -> None:
    fields = ((b"accept", b"a"), (b"x-note", b"1"), (b"accept", b"b"))
    assert kept_headers(fields) == fields


@pytest.mark.parametrize(
    "name", [b"host", b"content-length", b"content-type", b"content-encoding", b"idempotency-key", b"prefer"]
)
def test_a_second_copy_of_a_field_with_one_meaning_is_refused(name: bytes) -> None:
    kept_headers(((name, b"1"),))
    with pytest.raises(FramingError) as caught:
        kept_headers(((name, b"1"), (b"accept", b"*/*"), (name, b"1")))
    assert caught.value.reason == "bad_request"


@pytest.mark.parametrize("name", [b"content_type", b"x_api_key", b"_", b"x-forwarded_for"])
def test_an_underscore_in_a_name_is_refused(name: bytes) -> None:
    with pytest.raises(FramingError):
        kept_headers(((name, b"1"),))


def test_fields_that_connection_names_are_dropped() -> None:
    fields = ((b"connection", b"keep-alive, X-Hop"), (b"x-hop", b"1"), (b"x-end", b"2"))
    assert kept_headers(fields) == ((b"x-end", b"2"),)
    assert kept_headers(((b"connection", b"keep-alive"), (b"x-end", b"2"))) == ((b"x-end", b"2"),)


@pytest.mark.parametrize("name", [b"Content-Type", b"idempotency-key", b"HOST"])
def test_connection_cannot_strip_what_gives_the_call_its_meaning(name: bytes) -> None:
    with pytest.raises(FramingError):
        kept_headers(((b"connection", b"close, " + name), (b"content-type", b"application/json")))


def test_the_callers_own_copy_of_the_attach_field_is_dropped() -> None:
    fields = ((b"x-vendor-key", b"stolen"), (b"accept", b"*/*"))
    assert kept_headers(fields) == fields
    assert kept_headers(fields, b"x-vendor-key") == ((b"accept", b"*/*"),)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"respond-async", None),
        (b"Respond-Async; wait=10", None),
        (b"return=minimal, respond-async", b"return=minimal"),
        (b"return=minimal,wait=3", b"return=minimal, wait=3"),
    ],
)
def test_the_preference_for_the_gateway_stays_here(sent: bytes, kept: bytes | None) -> None:
    assert kept_headers(((b"prefer", sent),)) == (() if kept is None else ((b"prefer", kept),))


def test_what_says_how_to_read_the_body_is_found() -> None:
    fields = read_headers(((b"content-type", b"text/plain"), (b"content-encoding", b"gzip")))
    assert (fields.content_type, fields.content_encoding) == (b"text/plain", b"gzip")
    assert read_headers(()) == ((), None, None)
