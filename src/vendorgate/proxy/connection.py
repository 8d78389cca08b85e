"""One client connection: bytes in, one call at a time through the pipeline, answers out with back-pressure."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

from vendorgate.model import Answer, ClientRequest, Refusal, new_call_id
from vendorgate.proxy.render import has_no_body, render_head
from vendorgate.telemetry import logger
from vendorgate.wire.errors import FramingError
from vendorgate.wire.limits import Limits
from vendorgate.wire.problem import render_problem
from vendorgate.wire.request_reader import RawRequest, RequestReader
from vendorgate.wire.target import parse_target

if TYPE_CHECKING:
    from vendorgate.proxy.listener import Listener

Handler = Callable[[ClientRequest, "ClientConnection"], Awaitable[None]]
"""The pipeline: leaves only when the answer has been written or the connection is closing."""

HEALTH_PATH = b"/.vendorgate/health"
# How long an answer may wait for a client that does not read it (slow read, RFC-less but universal).
WRITE_STALL_S = 60.0
LINGER_S = 1.0


class ClientConnection(asyncio.Protocol):
    """The protocol of one accepted connection. ``deadline`` is swept by the listener once a second."""

    __slots__ = (
        "_body_timed",
        "_busy",
        "_call_id",
        "_chunked",
        "_drained",
        "_head_timed",
        "_http10",
        "_keep_alive",
        "_listener",
        "_method",
        "_reader",
        "_started",
        "_task",
        "_wakeup",
        "closed",
        "deadline",
        "peer",
        "transport",
    )

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self._reader = RequestReader(listener.limits)
        self._busy = False
        self._task: asyncio.Task[None] | None = None
        self._wakeup: asyncio.Future[RawRequest | FramingError] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._keep_alive = True
        self._started = False
        self._chunked = False
        self._head_timed = self._body_timed = False
        self._http10 = False
        self._method = ""
        self._call_id = ""
        self.closed = False
        self.peer = ""
        self.deadline = 0.0
        self.transport: asyncio.Transport

    @property
    def limits(self) -> Limits:
        """The limits in force for this connection."""
        return self._listener.limits

    # --- the protocol's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection, or drop it when the peer or the listener is at its cap."""
        # uvloop's transports have the interface without the base class.
        self.transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.peer = name[0] if name else "local"
        self.deadline = self._listener.now() + self.limits.header_timeout_s
        if not self._listener.admit(self):
            self._refuse_overload()

    def _refuse_overload(self) -> None:
        self._call_id = new_call_id(time.time())
        refusal = Refusal("overloaded", "Too many connections are open. Close idle ones or try again later.")
        self._write_whole(render_problem(refusal, call_id=self._call_id), close=True)
        self._close()
        # This connection is not swept: it was never admitted.
        self._listener.loop.call_later(LINGER_S, self.transport.abort)

    def eof_received(self) -> bool:
        """The client sends no more. It still gets the answer it waits for; half a request gets a refusal."""
        if self.closed:
            return False
        self._keep_alive = False
        if self._busy:
            return True
        if not self._reader.started:
            return False
        self._take(FramingError("The connection ended in the middle of a request. Send it whole."))
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the client is gone; a call in progress still runs to its recorded end."""
        self.closed = True
        self._listener.forget(self)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._wakeup is not None and not self._wakeup.done():
            self._wakeup.cancel()

    def data_received(self, data: bytes) -> None:
        """Feed the reader; wake the connection's task when a request is complete or broken."""
        if self._busy or self.closed:
            # Pipelined bytes are never read as a request: this connection closes after its answer.
            self._keep_alive = False
            return
        request: RawRequest | FramingError | None
        try:
            request = self._reader.feed(data)
        except FramingError as error:
            request = error
        if request is None:
            self._await_more()
        else:
            self._take(request)

    def _take(self, request: RawRequest | FramingError) -> None:
        """Hand a request, or what is wrong with it, to the connection's task."""
        self._busy = True
        self.deadline = 0.0
        if self._wakeup is not None:
            self._wakeup.set_result(request)
            self._wakeup = None
        else:
            self._task = self._listener.spawn(self._serve(request))

    def _await_more(self) -> None:
        limits = self.limits
        if self._reader.in_body:
            if self._reader.expect_continue:
                self._reader.expect_continue = False
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if not self._body_timed:
                self._body_timed = True
                self.deadline = self._listener.now() + limits.body_timeout_s
        elif not self._head_timed:
            # The head's deadline counts from its first byte: later bytes do not extend it (slowloris).
            self._head_timed = True
            self.deadline = self._listener.now() + limits.header_timeout_s

    def pause_writing(self) -> None:
        """The transport's buffer is full: writers wait."""
        if self._drained is None:
            self._drained = self._listener.loop.create_future()
            self.deadline = self._listener.now() + WRITE_STALL_S

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self.deadline = 0.0
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def expire(self) -> None:
        """Called by the sweep when ``deadline`` has passed: say so where a request had begun, and close."""
        self.deadline = 0.0
        if self._busy:
            self.transport.abort()
            return
        if self._reader.started and not self.closed:
            self._take(FramingError("The request did not arrive in time. Send it faster."))
        elif self.closed:
            self.transport.abort()
        else:
            self.close_idle()

    def close_idle(self) -> None:
        """Close when no call is in progress; otherwise after the answer (drain)."""
        self._keep_alive = False
        if not self._busy:
            self.closed = True
            self.transport.close()
            if self._wakeup is not None:
                self._wakeup.cancel()
                self._wakeup = None

    # --- the connection's task: one call after the other

    async def _serve(self, request: RawRequest | FramingError) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await self._one_call(request)
                if self.closed or not self._keep_alive:
                    break
                self._reader.next()
                self._busy = self._started = self._head_timed = self._body_timed = False
                self.deadline = self._listener.now() + self.limits.idle_timeout_s
                self._wakeup = self._listener.loop.create_future()
                request = await self._wakeup
        self._wakeup = None
        self._close()

    def _close(self) -> None:
        """Close after an answer, once the client has.

        Bytes may still be under way: closing at once would reset the connection and could take the answer with it, so
        they are read and dropped for a moment (RFC 9112 section 9.6).
        """
        gone, self.closed = self.closed, True
        if self.transport.is_closing():
            return
        if gone or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.transport.write_eof()
            self.deadline = self._listener.now() + LINGER_S

    async def _one_call(self, raw: RawRequest | FramingError) -> None:
        now = time.time()
        call_id = self._call_id = new_call_id(now)
        self._started = self._chunked = False
        try:
            if isinstance(raw, FramingError):
                raise raw
            self._method = raw.method
            self._keep_alive = self._keep_alive and raw.keep_alive and not raw.http10 and not self._reader.extra
            if raw.target == HEALTH_PATH and raw.method in ("GET", "HEAD"):
                self._write_whole(self._listener.health(), close=not self._keep_alive)
                return
            target = parse_target(raw.target)
        except FramingError as error:
            await self._refuse_unparsed(error, call_id, now)
            return
        request = ClientRequest(
            call_id,
            now,
            raw.method,
            target.vendor,
            target.path,
            target.query,
            raw.host.decode("ascii"),
            raw.headers,
            raw.body,
            self.peer,
        )
        self._http10 = raw.http10
        await self._listener.handle(request, self)

    async def _refuse_unparsed(self, error: FramingError, call_id: str, now: float) -> None:
        self._keep_alive = False
        refusal: Refusal = error
        try:
            await self._listener.record_unparsed(call_id, now, self.peer, error)
        except Refusal as unavailable:
            refusal = unavailable
        self._write_whole(render_problem(refusal, call_id=call_id), close=True)

    # --- what the pipeline writes with

    def refuse(self, refusal: Refusal) -> None:
        """Answer with a problem document, or break the answer off when its head is already out."""
        if self._started:
            logger.warning("answer broken off", call=self._call_id, reason=refusal.reason)
            self._keep_alive = False
            self.transport.abort()
            return
        if refusal.close:
            self._keep_alive = False
        self._write_whole(render_problem(refusal, call_id=self._call_id), close=not self._keep_alive)

    def answer(self, answer: Answer) -> None:
        """Write a whole answer at once."""
        self._write_whole(answer, close=not self._keep_alive)

    def _write_whole(self, answer: Answer, *, close: bool) -> None:
        body = answer.body or b""
        if has_no_body(self._method, answer.status):
            # A HEAD answer keeps the length a GET would have had only when the vendor said it; we do not invent one.
            framing, body = b"", b""
        else:
            framing = b"content-length: %d\r\n" % len(body)
        self._started = True
        if not self.transport.is_closing():
            self.transport.write(render_head(answer, call_id=self._call_id, framing=framing, close=close) + body)

    def start(self, answer: Answer) -> None:
        """Write the head of a streamed answer (chunked; delimited by the connection's end in HTTP/1.0)."""
        self._started = True
        self._chunked = not self._http10
        framing = b"transfer-encoding: chunked\r\n" if self._chunked else b""
        head = render_head(answer, call_id=self._call_id, framing=framing, close=not self._keep_alive)
        if not self.transport.is_closing():
            self.transport.write(head)

    async def write(self, data: bytes) -> bool:
        """Write a piece of a streamed answer; wait while the client is slow. False when the client is gone."""
        if self.closed or self.transport.is_closing():
            return False
        if data:
            self.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        if self._drained is not None:
            await asyncio.shield(self._drained)
        return not self.closed

    def finish(self) -> None:
        """End a streamed answer. Only now can the client tell that it is complete."""
        if self._chunked and not self.transport.is_closing():
            self.transport.write(b"0\r\n\r\n")
