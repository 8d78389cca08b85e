"""Connections to one vendor: bounded, kept while idle for less than the shortest common server timeout."""

import asyncio
import ssl
from collections import deque

from vendorgate.upstream.connection import UpstreamConnection
from vendorgate.upstream.errors import UpstreamRefused, unreachable
from vendorgate.upstream.guard import resolve
from vendorgate.upstream.spec import Origin

CONNECTIONS_LIMIT = 512
WAITERS_LIMIT = 2048
WAIT_S = 10.0
CONNECT_S = 10.0
# Node's HTTP server closes idle connections after 5 s: reusing one at that moment makes an unknown outcome.
IDLE_S = 4.0


class Pool:
    """The connections of one worker to one vendor."""

    def __init__(self, origin: Origin, *, own: frozenset[tuple[str, int]]) -> None:
        self.origin = origin
        self.authority = origin.authority
        self._own = own
        self._loop = asyncio.get_running_loop()
        self._idle: list[UpstreamConnection] = []
        self._all: set[UpstreamConnection] = set()
        self._opening = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._tls: ssl.SSLContext | None = None
        self._closed = False

    def take_idle(self) -> UpstreamConnection | None:
        """Return the most recently used idle connection that is surely open, or None."""
        oldest = self._loop.time() - IDLE_S
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and not connection.transport.is_closing() and connection.idle_since > oldest:
                return connection
            self._drop(connection)
        return None

    async def take(self) -> UpstreamConnection:
        """Return a free connection, opening one if need be. Raises ``UpstreamRefused``; nothing was sent then."""
        limit = self._loop.time() + WAIT_S
        while True:
            connection = self.take_idle()
            if connection is not None:
                return connection
            if len(self._all) + self._opening < CONNECTIONS_LIMIT:
                return await self._open()
            if len(self._waiters) >= WAITERS_LIMIT:
                raise UpstreamRefused(
                    "overloaded", f"Too many calls to {self.origin.vendor} are waiting. Try again later."
                )
            waiter: asyncio.Future[None] = self._loop.create_future()
            self._waiters.append(waiter)
            try:
                async with asyncio.timeout_at(limit):
                    await waiter
            except TimeoutError:
                raise UpstreamRefused(
                    "overloaded", f"All connections to {self.origin.vendor} are busy. Nothing was sent; try again."
                ) from None

    async def _open(self) -> UpstreamConnection:
        origin = self.origin
        self._opening += 1
        try:
            async with asyncio.timeout(CONNECT_S):
                address = await resolve(origin, own=self._own)
                tls = self._tls_context() if origin.scheme == "https" else None
                transport, connection = await self._loop.create_connection(
                    lambda: UpstreamConnection(origin.vendor, self._release),
                    address,
                    origin.port,
                    ssl=tls,
                    server_hostname=origin.host if tls else None,
                )
        except TimeoutError:
            raise unreachable(origin.vendor, f"no connection within {CONNECT_S:.0f} s") from None
        except ssl.SSLError as error:
            raise unreachable(origin.vendor, "its TLS certificate or handshake is not acceptable") from error
        except OSError as error:
            raise unreachable(origin.vendor, "the connection was refused or broke") from error
        finally:
            self._opening -= 1
        peer = transport.get_extra_info("peername")
        if peer is None or peer[0].partition("%")[0] != address:
            transport.abort()
            raise unreachable(origin.vendor, "another address answered than was dialled")
        self._all.add(connection)
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.set_alpn_protocols(["http/1.1"])
            if self.origin.ca is not None:
                context.load_verify_locations(self.origin.ca)
            self._tls = context
        return self._tls

    def _release(self, connection: UpstreamConnection, reusable: bool) -> None:
        if reusable and not self._closed:
            connection.idle_since = self._loop.time()
            self._idle.append(connection)
        else:
            self._drop(connection)
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break

    def _drop(self, connection: UpstreamConnection) -> None:
        self._all.discard(connection)
        connection.closed = True
        if not connection.transport.is_closing():
            connection.transport.close()

    def sweep(self, now: float) -> None:
        """Time out silent vendors and close connections idle for too long."""
        for connection in list(self._all):
            if 0.0 < connection.deadline < now:
                connection.expire()
        oldest = now - IDLE_S
        while self._idle and self._idle[0].idle_since < oldest:
            self._drop(self._idle.pop(0))

    def close(self) -> None:
        """Close idle connections now and busy ones when their call ends."""
        self._closed = True
        for connection in self._idle:
            self._drop(connection)
        self._idle.clear()
