"""A vendor on loopback that keeps every byte it was sent: the oracle of what the gateway really forwarded."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple

import orjson


class FakeRequest(NamedTuple):
    """One request as the vendor read it."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case; a repeated field's values are joined with ``, ``."""
    body: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class FakeResponse:
    """What the vendor answers: a body, or pieces that are sent chunked as they come."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    pieces: AsyncIterator[bytes] | None = None
    raw: bytes | None = None
    """Written as it is instead of everything else; the connection is closed behind it."""


Respond = Callable[[FakeRequest], FakeResponse]


def echo_json(request: FakeRequest) -> FakeResponse:
    """Answer like a payment vendor: an id and what was asked for."""
    return FakeResponse(
        body=orjson.dumps({"id": "tr_1PqXyZ2eZvKYlo2C", "object": "transfer", "target": request.target, "ok": True})
    )


class FakeVendor:
    """``with FakeVendor() as vendor:`` serves at ``vendor.url``; ``vendor.requests`` is its log."""

    def __init__(self, respond: Respond = echo_json) -> None:
        self.respond = respond
        self.requests: list[FakeRequest] = []
        self.connections = 0
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self._stop: asyncio.Event

    @property
    def url(self) -> str:
        """Base URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def wire(self) -> bytes:
        """Every byte of every request, in order."""
        return b"".join(request.raw for request in self.requests)

    def __enter__(self) -> "FakeVendor":
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=64 * 1024 * 1024)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                request = await _read(reader)
                self.requests.append(request)
                if not await _write(writer, self.respond(request)):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> FakeRequest:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    headers: dict[str, str] = {}
    for line in lines[1:-2]:
        name, _, value = line.partition(":")
        key = name.lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return FakeRequest(method, target, headers, body, head + body)


async def _write(writer: asyncio.StreamWriter, response: FakeResponse) -> bool:
    if response.raw is not None:
        writer.write(response.raw)
        await writer.drain()
        return False
    fields = {"content-type": response.content_type, **response.headers}
    if response.pieces is None:
        fields["content-length"] = str(len(response.body))
    else:
        fields["transfer-encoding"] = "chunked"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"HTTP/1.1 {response.status} X\r\n{head}\r\n".encode("latin-1"))
    if response.pieces is None:
        writer.write(response.body)
    else:
        async for piece in response.pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True
