"""A streamed body between the vendor's connection and its reader, bounded by pausing the vendor's socket."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from vendorgate.model import Refusal
from vendorgate.upstream.content_coding import Decoder

# A stream holds at most this much ahead of its reader before the vendor's socket is paused.
AHEAD_BYTES = 256 * 1024


class Source(Protocol):
    """The connection a stream reads from."""

    transport: asyncio.Transport

    def touch(self) -> None:
        """Data arrived or was taken: the idle time starts anew."""

    def abandon(self) -> None:
        """Close: nobody reads the rest."""


class VendorStream:
    """The pieces of one body."""

    def __init__(self, connection: Source, decoder: Decoder | None) -> None:
        self._connection: Source | None = connection
        self._transport = connection.transport
        self._decoder = decoder
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._paused = False
        self._ended = False
        self._error: Refusal | None = None
        self._wakeup: asyncio.Future[None] | None = None

    def push(self, data: bytes) -> None:
        """Take a piece from the connection."""
        self._queue.append(data)
        self._queued += len(data)
        if self._queued > AHEAD_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        if self._connection is not None:
            self._connection.touch()
        self._wake()

    def end(self) -> None:
        """The body is complete; the connection belongs to the pool again."""
        self._ended = True
        self._connection = None
        if self._paused:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
        self._wake()

    def fail(self, error: Refusal) -> None:
        """The body will not become complete."""
        self._error = error
        self._ended = True
        self._connection = None
        self._wake()

    def _wake(self) -> None:
        if self._wakeup is not None and not self._wakeup.done():
            self._wakeup.set_result(None)
        self._wakeup = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield pieces; raises ``UpstreamRefused`` when the vendor breaks off or its coding is damaged."""
        while True:
            while self._queue:
                data = self._queue.popleft()
                self._queued -= len(data)
                if self._paused and self._queued <= AHEAD_BYTES // 2:
                    self._paused = False
                    if not self._transport.is_closing():
                        self._transport.resume_reading()
                if self._decoder is None:
                    yield data
                else:
                    for piece in self._decoder.feed(data):
                        yield piece
            if self._error is not None:
                raise self._error
            if self._ended:
                if self._decoder is not None:
                    self._decoder.finish()
                return
            self._wakeup = asyncio.get_running_loop().create_future()
            await self._wakeup

    async def aclose(self) -> None:
        """Give up a body that is not complete; safe to call twice."""
        if self._connection is not None:
            self._connection.abandon()
