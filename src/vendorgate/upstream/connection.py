"""One connection to a vendor: writes a request once, reads one answer, then is free again or closed.

An answer of known, modest length is collected and handed over whole. Everything else becomes a stream: at once
for event streams and long bodies, after a moment for chunked ones (most are complete by then).
"""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from vendorgate.model import Refusal, VendorResponse
from vendorgate.upstream.content_coding import Decoder, decode_whole
from vendorgate.upstream.errors import bad_response, outcome_unknown, timed_out, unreachable
from vendorgate.upstream.stream import VendorStream

# Collected answers: longer ones stream. Chunked answers get CHUNKED_WAIT_S to become complete.
WHOLE_LIMIT_BYTES = 256 * 1024
CHUNKED_WAIT_S = 0.03
HEAD_LIMIT_BYTES = 64 * 1024
HEADERS_LIMIT = 200
STREAM_IDLE_S = 300.0

# Hop-by-hop (RFC 9110 section 7.6.1) and framing fields are ours to write; alt-svc would lead callers past the gateway.
_DROPPED = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"content-length",
        b"alt-svc",
        b"vendorgate-call-id",
    )
)
_STREAMED_TYPES = (b"text/event-stream", b"application/x-ndjson", b"application/vnd.amazon.eventstream")

Release = Callable[["UpstreamConnection", bool], None]
"""Gives the connection back to its pool; the flag says whether it can be used again."""


class UpstreamConnection(asyncio.Protocol):
    """Protocol of one upstream connection. httptools calls the ``on_…`` methods."""

    def __init__(self, vendor: str, release: Release) -> None:
        self._vendor = vendor
        self._release = release
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[VendorResponse] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport
        self.closed = False
        self.idle_since = 0.0
        self.deadline = 0.0
        # One parser for the connection's life: llhttp starts anew by itself after a complete message.
        self._parser = httptools.HttpResponseParser(self)
        self._reset()

    def _reset(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._reason = b""
        self._status = 0
        self._pieces: list[bytes] = []
        self._collected = 0
        self._length: int | None = None
        self._coding = b""
        self._stream: VendorStream | None = None
        self._complete = False
        self._head_only = False
        self._head_done = False
        self._must_close = False
        self._chunked = False

    # --- use

    def send(self, data: bytes, *, head_only: bool, timeout_s: float) -> "asyncio.Future[VendorResponse]":
        """Write a request; the future gives the answer or raises ``UpstreamRefused``. ``head_only`` for HEAD."""
        self._head_only = head_only
        self.deadline = self._loop.time() + timeout_s
        self._answer = self._loop.create_future()
        self.transport.write(data)
        return self._answer

    def expire(self) -> None:
        """Called by the sweep when the vendor has been silent for too long."""
        self._fail(timed_out(self._vendor))

    def _fail(self, error: Refusal) -> None:
        self.deadline = 0.0
        self._cancel_timer()
        answer, self._answer = self._answer, None
        if self._stream is not None:
            self._stream.fail(error)
        elif answer is not None and not answer.done():
            answer.set_exception(error)
        self._close()

    def _close(self) -> None:
        if not self.closed:
            self.closed = True
            self._release(self, False)
        if not self.transport.is_closing():
            self.transport.abort()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports have the interface without the base class.
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser. Bytes nobody asked for close the connection: they could only poison the next answer."""
        if self._answer is None and self._stream is None:
            self._close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self._complete:
                self._fail(bad_response(self._vendor, "it breaks RFC 9112"))
            return
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, Refusal) else bad_response(self._vendor, "it breaks RFC 9112"))
            return
        if self._complete:
            self._finished()
        elif self._head_done and self._answer is not None and self._stream is None and self._timer is None:
            self._timer = self._loop.call_later(CHUNKED_WAIT_S, self._start_stream)

    def eof_received(self) -> bool | None:
        """An answer without length ends with the connection (RFC 9112 section 6.3, rule 8)."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle whatever waits: a body delimited by close is complete, everything else is not."""
        if self.closed:
            return
        until_close = self._head_done and self._length is None and not self._chunked and exc is None
        if until_close and not self._complete:
            self._complete = True
            self._must_close = True
            self._finished()
        elif self._head_done:
            self._fail(bad_response(self._vendor, "it is cut short"))
        else:
            self._fail(outcome_unknown(self._vendor))

    # --- httptools

    def on_message_begin(self) -> None:
        """A second answer behind the first would be taken for the next call's."""
        if self._complete:
            raise bad_response(self._vendor, "bytes follow it")

    def on_status(self, status: bytes) -> None:
        """Reason phrase; only kept for codes without a registered one."""
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field line."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > HEAD_LIMIT_BYTES or len(self._headers) >= HEADERS_LIMIT:
            raise bad_response(self._vendor, "its head is too large")
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Decide how the body will be handed over."""
        self._status = self._parser.get_status_code()
        if self._status < 200:
            if self._status == 101:
                raise bad_response(self._vendor, "it switches protocols, which was not asked for")
            self._headers = []
            self._reason = b""
            return
        self._head_done = True
        kept = []
        streamed = False
        for name, value in self._headers:
            if name == b"content-length":
                self._length = int(value) if value.isdigit() else None
            elif name == b"transfer-encoding":
                self._chunked = True
            elif name == b"content-encoding":
                coding = value.strip().lower()
                if coding != b"identity":
                    self._coding = coding
                continue
            elif name == b"connection" and b"close" in value.lower():
                self._must_close = True
            elif name == b"content-type" and value.startswith(_STREAMED_TYPES):
                streamed = True
            if name not in _DROPPED:
                kept.append((name, value))
        self._headers = kept
        if self._head_only or self._status in (204, 304):
            self._length = 0
            # httptools cannot be told that an answer to HEAD has no body; the connection is not used again.
            self._must_close = self._must_close or (self._head_only and self._status not in (204, 304))
            if self._head_only:
                self._complete = True
        elif streamed or (self._length or 0) > WHOLE_LIMIT_BYTES:
            self._start_stream()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._head_only:
            return
        if self._stream is not None:
            self._stream.push(body)
            return
        self._pieces.append(body)
        self._collected += len(body)
        if self._collected > WHOLE_LIMIT_BYTES and self._answer is not None:
            self._start_stream()

    def on_message_complete(self) -> None:
        """The answer is complete (informational ones are not the answer)."""
        if self._status >= 200:
            self._complete = True
            # llhttp knows only while it is at the message's end.
            self._must_close = self._must_close or not self._parser.should_keep_alive()

    # --- handing over

    def _start_stream(self) -> None:
        self._cancel_timer()
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        self._stream = VendorStream(self, Decoder(self._vendor, self._coding) if self._coding else None)
        self.deadline = self._loop.time() + STREAM_IDLE_S
        for piece in self._pieces:
            self._stream.push(piece)
        self._pieces = []
        answer.set_result(VendorResponse(self._status, self._reason, tuple(self._headers), None, self._stream))

    def _finished(self) -> None:
        self._cancel_timer()
        self.deadline = 0.0
        reusable = not self._must_close and not self.closed
        if self._stream is not None:
            stream = self._stream
            self._give_back(reusable)
            stream.end()
            return
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            self._close()
            return
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        try:
            if self._coding and body:
                body = decode_whole(self._vendor, self._coding, body)
            answer.set_result(VendorResponse(self._status, self._reason, tuple(self._headers), body))
        except Refusal as error:
            answer.set_exception(error)
        self._give_back(reusable)

    def _give_back(self, reusable: bool) -> None:
        if not reusable:
            self._close()
            return
        self._reset()
        self._release(self, True)

    def abandon(self) -> None:
        """The caller is gone or the call is over: drop a connection whose answer is not complete."""
        if not self.closed:
            self._fail(unreachable(self._vendor, "the call was given up"))

    def touch(self) -> None:
        """A stream's reader took data: its idle time starts anew."""
        self.deadline = self._loop.time() + STREAM_IDLE_S
