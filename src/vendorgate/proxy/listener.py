"""The gateway's listener in one worker: accepts, caps, sweeps deadlines, drains."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine

import orjson

from vendorgate.model import Answer, Refusal
from vendorgate.proxy.connection import ClientConnection, Handler
from vendorgate.telemetry import logger
from vendorgate.wire.limits import Limits

RecordUnparsed = Callable[[str, float, str, Refusal], Awaitable[None]]
"""Records a refusal of bytes that never became a request: call id, time, peer, refusal."""
SWEEP_S = 0.5


class Listener:
    """All client connections of one worker. ``handle`` and ``limits`` may be replaced between calls (reload)."""

    def __init__(self, *, handle: Handler, record_unparsed: RecordUnparsed, limits: Limits) -> None:
        self.handle = handle
        self.record_unparsed = record_unparsed
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time
        self._connections: set[ClientConnection] = set()
        self._peers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._draining = False

    async def listen(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Start to accept; return the port. Raises ``OSError`` when the address cannot be bound."""
        self._server = await self.loop.create_server(
            lambda: ClientConnection(self), host, port, ssl=tls, reuse_port=True, backlog=2048
        )
        self._sweeper = self.loop.call_later(SWEEP_S, self._sweep)
        return int(self._server.sockets[0].getsockname()[1])

    def admit(self, connection: ClientConnection) -> bool:
        """Count the connection in, unless a cap is reached."""
        if len(self._connections) >= self.limits.connections:
            return False
        if self._peers[connection.peer] >= self.limits.connections_per_peer:
            return False
        self._connections.add(connection)
        self._peers[connection.peer] += 1
        return True

    def forget(self, connection: ClientConnection) -> None:
        """Count the connection out; harmless when it was never admitted."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._peers[connection.peer] -= 1
            if self._peers[connection.peer] <= 0:
                del self._peers[connection.peer]

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run a connection's work; hold a reference until it ends, and log what it should never raise."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The traceback's text may hold values of the request: only type and place are logged.
            logger.error("connection failed", error=type(error).__name__, at=logger.place(error))

    def health(self) -> Answer:
        """Answer of ``GET /.vendorgate/health``: 200 while accepting, 503 while draining."""
        status = 503 if self._draining else 200
        body = orjson.dumps({"status": "draining" if self._draining else "ok"})
        return Answer(status, b"", ((b"content-type", b"application/json"), (b"cache-control", b"no-store")), body)

    def _sweep(self) -> None:
        now = self.now()
        for connection in [c for c in self._connections if 0.0 < c.deadline < now]:
            connection.expire()
        self._sweeper = self.loop.call_later(SWEEP_S, self._sweep)

    async def drain(self, *, grace_s: float) -> None:
        """Accept no more, close idle connections, wait for calls in progress at most ``grace_s`` seconds."""
        self._draining = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close_idle()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._connections):
            connection.transport.abort()
