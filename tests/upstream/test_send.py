"""Sending over real sockets to a vendor that behaves, misbehaves, streams and stalls."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from vendorgate.model import AuthorizedCall, Credential, Decision, RequestDraft
from vendorgate.testing.builders import build_call
from vendorgate.testing.fake_vendor import FakeRequest, FakeResponse, FakeVendor
from vendorgate.upstream import Origin, Upstream, UpstreamRefused

ALLOW = Decision("allow", "allowed", "r", "", "v1")


def authorized(vendor: FakeVendor, **fields: object) -> AuthorizedCall:
    call = build_call(host=f"127.0.0.1:{vendor.port}", body=b"amount=1", **fields)  # type: ignore[arg-type]
    return AuthorizedCall(call, ALLOW)


def origin(vendor: FakeVendor, timeout_s: float = 5.0) -> Origin:
    return Origin("stripe", "http", "127.0.0.1", vendor.port, allow_private=True, timeout_s=timeout_s)


def credential(host: str) -> Credential:
    def attach(draft: RequestDraft) -> RequestDraft:
        return draft._replace(headers=(*draft.headers, (b"authorization", b"Bearer sk_live_x")))

    return Credential("key", 1, host, attach, (b"sk_live_x",))


async def test_a_call_is_sent_once_with_its_credential_and_the_connection_is_used_again() -> None:
    with FakeVendor() as vendor:
        upstream = Upstream([origin(vendor)])
        for _ in range(3):
            response = await upstream.send(authorized(vendor), credential(f"127.0.0.1:{vendor.port}"))
            assert response.status == 200
            assert response.body is not None
        upstream.stop()
        assert [r.headers["authorization"] for r in vendor.requests] == ["Bearer sk_live_x"] * 3
        assert vendor.connections == 1
        assert vendor.requests[0].body == b"amount=1"
        assert vendor.requests[0].headers["accept-encoding"] == "identity"


async def test_a_credential_goes_to_the_host_it_is_bound_to_and_to_no_other() -> None:
    with FakeVendor() as vendor:
        upstream = Upstream([origin(vendor)])
        with pytest.raises(UpstreamRefused) as caught:
            await upstream.send(authorized(vendor), credential("api.stripe.com"))
        upstream.stop()
        assert not caught.value.sent
        assert vendor.requests == []


async def test_a_redirect_is_an_answer_and_is_never_followed() -> None:
    def redirect(_: FakeRequest) -> FakeResponse:
        return FakeResponse(status=307, headers={"location": "http://127.0.0.1:1/steal"})

    with FakeVendor(redirect) as vendor:
        upstream = Upstream([origin(vendor)])
        response = await upstream.send(authorized(vendor), None)
        upstream.stop()
        assert response.status == 307
        assert len(vendor.requests) == 1


async def read_to_the_end(upstream: Upstream, call: AuthorizedCall) -> None:
    response = await upstream.send(call, None)
    assert response.stream is not None, response
    async for _ in response.stream:
        pass


Raw = Callable[[FakeRequest], FakeResponse]


def raw(data: bytes) -> Raw:
    return lambda _: FakeResponse(raw=data)


BROKEN = [
    ("closes silently", b"", "outcome_unknown"),
    ("not http", b"SMTP ready\r\n\r\n", "vendor_bad_response"),
    ("cut head", b"HTTP/1.1 200 OK\r\nContent-Le", "outcome_unknown"),
    ("cut body", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "vendor_bad_response"),
    ("cut chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "vendor_bad_response"),
    ("both framings", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "vendor_bad_response"),
    ("switches protocols", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "vendor_bad_response"),
    ("huge head", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", "vendor_bad_response"),
    ("many fields", b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 300 + b"\r\n", "vendor_bad_response"),
    ("unknown coding", b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc", "vendor_bad_response"),
    ("lying gzip", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "vendor_bad_response"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
async def test_a_broken_answer_has_a_reason_and_says_that_the_call_was_sent(
    name: str, data: bytes, reason: str
) -> None:
    with FakeVendor(raw(data)) as vendor:
        upstream = Upstream([origin(vendor)])
        with pytest.raises(UpstreamRefused) as caught:
            await read_to_the_end(upstream, authorized(vendor))
        upstream.stop()
        assert caught.value.reason == reason
        assert caught.value.sent
        assert len(vendor.requests) == 1, "sent again"


async def test_a_body_that_ends_with_the_connection_is_complete() -> None:
    with FakeVendor(raw(b"HTTP/1.1 200 OK\r\n\r\nhello")) as vendor:
        upstream = Upstream([origin(vendor)])
        response = await upstream.send(authorized(vendor), None)
        body = response.body
        if response.stream is not None:
            body = b"".join([piece async for piece in response.stream])
        upstream.stop()
        assert body == b"hello"


async def test_a_compressed_answer_is_decoded() -> None:
    packed = gzip.compress(b'{"a":1}')

    def respond(_: FakeRequest) -> FakeResponse:
        return FakeResponse(body=packed, headers={"content-encoding": "gzip"})

    with FakeVendor(respond) as vendor:
        upstream = Upstream([origin(vendor)])
        response = await upstream.send(authorized(vendor), None)
        upstream.stop()
        assert response.body == b'{"a":1}'
        assert not [name for name, _ in response.headers if name in (b"content-encoding", b"content-length")]


async def test_events_arrive_one_by_one() -> None:
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(gate.wait(), loop))
        yield b"data: 2\n\n"

    def respond(_: FakeRequest) -> FakeResponse:
        return FakeResponse(content_type="text/event-stream", pieces=pieces())

    with FakeVendor(respond) as vendor:
        upstream = Upstream([origin(vendor)])
        response = await upstream.send(authorized(vendor), None)
        assert response.stream is not None
        stream = response.stream.__aiter__()
        assert await anext(stream) == b"data: 1\n\n"
        gate.set()
        assert await anext(stream) == b"data: 2\n\n"
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        upstream.stop()


async def test_a_silent_vendor_times_out_and_the_answer_says_that_the_call_was_sent() -> None:
    async def forever() -> AsyncIterator[bytes]:
        await asyncio.sleep(30)
        yield b""

    def respond(request: FakeRequest) -> FakeResponse:
        return FakeResponse(raw=b"") if request.target == "/close" else _slow()

    def _slow() -> FakeResponse:
        import time

        time.sleep(2.0)
        return FakeResponse()

    with FakeVendor(respond) as vendor:
        upstream = Upstream([origin(vendor, timeout_s=0.3)])
        with pytest.raises(UpstreamRefused) as caught:
            await upstream.send(authorized(vendor), None)
        upstream.stop()
        assert caught.value.reason == "vendor_timeout"
        assert caught.value.sent
        assert caught.value.status == 504


async def test_a_vendor_that_is_not_there_is_unreachable_and_nothing_was_sent() -> None:
    with FakeVendor() as vendor:
        gone = origin(vendor)
        call = authorized(vendor)
    upstream = Upstream([gone])
    with pytest.raises(UpstreamRefused) as caught:
        await upstream.send(call, None)
    upstream.stop()
    assert (caught.value.reason, caught.value.sent) == ("vendor_unreachable", False)


def test_a_vendor_with_a_certificate_nobody_signed_is_refused(tmp_path: Path) -> None:
    from vendorgate.testing.certificates import make_certificate

    ca, _, chain, key = make_certificate(tmp_path, "localhost")

    async def scenario() -> tuple[str, int]:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        call = AuthorizedCall(build_call(host=f"localhost:{port}"), ALLOW)
        untrusted = Upstream([Origin("stripe", "https", "localhost", port, allow_private=True)])
        with pytest.raises(UpstreamRefused) as caught:
            await untrusted.send(call, None)
        untrusted.stop()
        trusted = Upstream([Origin("stripe", "https", "localhost", port, allow_private=True, ca=ca)])
        response = await trusted.send(call, None)
        trusted.stop()
        server.close()
        return caught.value.reason, response.status

    assert asyncio.run(scenario()) == ("vendor_unreachable", 200)
