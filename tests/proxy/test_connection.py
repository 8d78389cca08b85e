"""A client connection over real sockets, with a pipeline of two lines behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from vendorgate.model import Answer, ClientRequest, Refusal
from vendorgate.proxy.connection import ClientConnection
from vendorgate.proxy.listener import Listener
from vendorgate.wire.limits import Limits

Handler = Callable[[ClientRequest, ClientConnection], Awaitable[None]]
GET = b"GET /stripe/v1/x HTTP/1.1\r\nHost: gate\r\n\r\n"


async def say_ok(request: ClientRequest, client: ClientConnection) -> None:
    body = json.dumps([request.method, request.vendor, request.path, request.query, len(request.body)]).encode()
    client.answer(Answer(200, b"OK", ((b"content-type", b"application/json"),), body))


class Gate:
    def __init__(self, port: int, refused: list[str], listener: Listener) -> None:
        self.port, self.refused, self.listener = port, refused, listener

    async def talk(self, data: bytes, *, eof: bool = False, wait_s: float = 5.0) -> bytes:
        """Send, then read until the gateway closes or is silent for a moment after an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        if eof:
            writer.write_eof()
        received = b""
        try:
            async with asyncio.timeout(wait_s):
                while piece := await reader.read(65536):
                    received += piece
                received += b"<closed>"
        except TimeoutError:
            received += b"<open>"
        writer.close()
        return received


@asynccontextmanager
async def gate(handler: Handler = say_ok, limits: Limits | None = None) -> AsyncIterator[Gate]:
    refused: list[str] = []

    async def record(call_id: str, received_at: float, peer: str, refusal: Refusal) -> None:
        refused.append(refusal.reason)

    listener = Listener(handle=handler, record_unparsed=record, limits=limits or Limits())
    port = await listener.listen("127.0.0.1", 0)
    try:
        yield Gate(port, refused, listener)
    finally:
        await listener.drain(grace_s=2.0)


async def test_an_answer_has_its_length_and_the_calls_id_and_the_connection_stays() -> None:
    async with gate() as g:
        received = await g.talk(GET, wait_s=0.3)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'["GET", "stripe", "/v1/x", "", 0]' in received
    assert b"\r\nvendorgate-call-id: " in received
    assert received.endswith(b"<open>")


async def test_many_requests_on_one_connection() -> None:
    async with gate() as g:
        reader, writer = await asyncio.open_connection("127.0.0.1", g.port)
        ids = set()
        for number in range(20):
            body = b"x" * number
            writer.write(b"POST /a/b HTTP/1.1\r\nHost: g\r\nContent-Length: %d\r\n\r\n" % number + body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            assert json.loads(await reader.readexactly(length))[4] == number
            ids.add(head.partition(b"vendorgate-call-id: ")[2].split(b"\r\n")[0])
        writer.close()
    assert len(ids) == 20


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /a//b HTTP/1.1\r\nHost: a\r\n\r\n", b"GARBAGE\r\n\r\n", b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"],
)  # fmt: skip
async def test_what_cannot_be_read_is_answered_recorded_and_the_connection_closed(data: bytes) -> None:
    async with gate() as g:
        received = await g.talk(data)
        assert g.refused == ["bad_request"]
    head, _, body = received.removesuffix(b"<closed>").partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert b"proxy-status: vendorgate; error=http_request_error" in head
    assert b"x-should-retry: false" in head
    assert b"connection: close" in head
    assert (problem["status"], problem["reason"], problem["retryable"]) == (400, "bad_request", False)
    assert problem["type"] == "urn:vendorgate:problem:bad_request"
    assert problem["instance"].startswith("urn:vendorgate:call:")
    assert received.endswith(b"<closed>")


async def test_a_pipelined_request_is_never_read_as_one() -> None:
    seen: list[str] = []

    async def note(request: ClientRequest, client: ClientConnection) -> None:
        seen.append(request.path)
        await asyncio.sleep(0.05)
        await say_ok(request, client)

    async with gate(note) as g:
        received = await g.talk(GET + GET.replace(b"/v1/x", b"/smuggled"))
    assert seen == ["/v1/x"]
    assert received.count(b"HTTP/1.1 200") == 1
    assert received.endswith(b"<closed>")


async def test_expect_continue_is_answered_before_the_body() -> None:
    async with gate() as g:
        reader, writer = await asyncio.open_connection("127.0.0.1", g.port)
        writer.write(b"POST /a/b HTTP/1.1\r\nHost: g\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_slow_head_is_answered_and_closed_however_it_drips() -> None:
    async with gate(limits=Limits(header_timeout_s=0.6)) as g:
        reader, writer = await asyncio.open_connection("127.0.0.1", g.port)
        received = b""
        for byte in GET[:30]:
            if reader.at_eof():
                break
            writer.write(bytes((byte,)))
            await asyncio.sleep(0.06)
        async with asyncio.timeout(3):
            received = await reader.read()
        assert b"400 Bad Request" in received
        assert g.refused == ["bad_request"]
        writer.close()


async def test_a_slow_body_is_answered_and_closed() -> None:
    async with gate(limits=Limits(body_timeout_s=0.3)) as g:
        received = await g.talk(b"POST /a/b HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\nabc")
    assert b"400 Bad Request" in received
    assert received.endswith(b"<closed>")


async def test_an_idle_connection_is_closed_without_a_word() -> None:
    async with gate(limits=Limits(idle_timeout_s=0.3, header_timeout_s=0.3)) as g:
        assert await g.talk(b"") == b"<closed>"
        assert (await g.talk(GET)).endswith(b"<closed>")
        assert g.refused == []


async def test_one_peer_gets_so_many_connections_and_no_more() -> None:
    async with gate(limits=Limits(connections_per_peer=2)) as g:
        held = [await asyncio.open_connection("127.0.0.1", g.port) for _ in range(2)]
        await asyncio.sleep(0.05)
        received = await g.talk(b"")
        assert b"503 Service Unavailable" in received
        assert b"overloaded" in received
        held[0][1].close()
        await asyncio.sleep(0.05)
        assert b"200 OK" in await g.talk(GET, wait_s=0.3)
        held[1][1].close()


async def test_a_stream_is_chunked_ends_properly_and_waits_for_a_slow_client() -> None:
    written = 0

    async def stream(request: ClientRequest, client: ClientConnection) -> None:
        nonlocal written
        client.start(Answer(200, b"OK", (), None))
        for _ in range(200):
            if not await client.write(b"x" * 65536):
                return
            written += 65536
        client.finish()

    async with gate(stream) as g:
        reader, writer = await asyncio.open_connection("127.0.0.1", g.port, limit=65536)
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.3)
        assert written < 12_000_000, "no back-pressure"
        rest = b""
        while not rest.endswith(b"0\r\n\r\n"):
            rest = rest[-8:] + await reader.read(1 << 20)
        assert written == 200 * 65536
        writer.close()


async def test_health_needs_no_token_and_says_when_draining() -> None:
    async with gate() as g:
        assert b'{"status":"ok"}' in await g.talk(
            b"GET /.vendorgate/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )


async def test_draining_lets_a_call_end() -> None:
    started = asyncio.Event()

    async def slow(request: ClientRequest, client: ClientConnection) -> None:
        started.set()
        await asyncio.sleep(0.3)
        await say_ok(request, client)

    async with gate(slow) as g:
        talking = asyncio.ensure_future(g.talk(GET))
        await started.wait()
        await g.listener.drain(grace_s=5.0)
        received = await talking
    assert b"200 OK" in received
    assert received.endswith(b"<closed>")


async def test_a_refused_body_that_is_still_coming_does_not_cost_the_answer() -> None:
    async with gate(limits=Limits(body=1000)) as g:
        received = await g.talk(b"POST /a/b HTTP/1.1\r\nHost: g\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
    assert b"413 Request Entity Too Large" in received or b"413 Content Too Large" in received
    assert b'"reason":"too_large"' in received


async def test_a_client_that_half_closes_still_gets_its_answer() -> None:
    async with gate() as g:
        assert b"200 OK" in await g.talk(GET, eof=True)
        received = await g.talk(b"POST /a/b HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\nabc", eof=True)
        assert b"400 Bad Request" in received
        assert g.refused == ["bad_request"]


async def test_the_answer_before_a_close_says_so() -> None:
    async with gate() as g:
        assert b"connection: close" in await g.talk(GET + GET)
