"""Group commit: many calls wait for one durable write, and the loop never waits for the disk.

Events gather in a batch until a tick passes without a new one; then the batch is hashed and inserted on the loop (one
row), and the commit, which is a write and an fsync, runs on a thread of its own that holds no GIL meanwhile. What
arrives during the commit is the next batch. See docs/adr/0001-record-on-sqlite.md for the measurements.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from vendorgate.audit.chain import checkpoint_message, link
from vendorgate.audit.errors import record_unavailable
from vendorgate.audit.log import Checkpoint, EventLog, Head, LogUnavailable, StoredBatch
from vendorgate.telemetry import logger

BATCH_EVENTS = 1000
QUEUE_EVENTS = 10_000
QUEUE_BYTES = 64 * 1024 * 1024
BUSY_RETRY_S = 0.001
BUSY_LIMIT_S = 5.0
LOCK_POLL_S = 0.00005
SETTLE_TICKS = 4
"""Ticks a batch may grow before it is written although events still arrive."""
CHECKPOINT_EVENTS = 1000
CHECKPOINT_S = 1.0

Sign = Callable[[bytes], bytes]


class Batch(asyncio.Future[bool]):
    """Events that become durable together; many calls await it. Its result says whether they did."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.bodies: list[bytes] = []
        self.first_seq = 0
        """Known once the batch is durable."""
        self.seen = 0
        self.ticks = 0
        self.deadline: float | None = None

    def cancel(self, msg: object = None) -> bool:
        """Refuse: one cancelled call must not cancel the write that others wait for, nor its own.

        A task that is cancelled while it waits gets its ``CancelledError`` when the write has ended.
        """
        return False


class _Write(NamedTuple):
    batch: Batch
    head: Head
    """The chain's head when it is durable."""
    stored: StoredBatch
    checkpoint: Checkpoint | None
    begun: bool
    """Whether the batch is inserted and only the commit is left."""


class GroupCommit:
    """Appends events to one chain of an event log."""

    def __init__(
        self, log: EventLog, *, chain: str, clock: Callable[[], float], sign: Sign | None, commit_inline: bool
    ) -> None:
        self._log = log
        self._chain = chain
        self._clock = clock
        self._sign = sign
        self._inline = commit_inline
        self._queue: deque[Batch] = deque()
        self._open: Batch | None = None
        """The batch that takes events; the last of the queue, or none."""
        self._writing: Batch | None = None
        self._events = 0
        self._bytes = 0
        self._busy = False
        self._failing = False
        self._head: Head | None = None
        self._signed_seq = 0
        self._signed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._writes: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.on_recovered: Callable[[], None] | None = None
        """Called when a write succeeds after one that failed."""

    def start(self, head: Head) -> None:
        """Go on from ``head``; call on the event loop that appends."""
        self._loop = asyncio.get_running_loop()
        self._head = head
        if not self._inline:
            self._thread = threading.Thread(target=self._write_loop, name=f"record-{self._chain}", daemon=True)
            self._thread.start()

    @property
    def is_refusing(self) -> bool:
        """Whether new calls should be refused: the queue is full, or the log fails and is just being tried again."""
        return self._events >= QUEUE_EVENTS or self._bytes >= QUEUE_BYTES or (self._failing and self._busy)

    def append(self, body: bytes) -> tuple[Batch, int]:
        """Queue an event; return the batch that will hold it and its index in it."""
        batch = self._open
        if batch is None:
            batch = self._open_batch()
        bodies = batch.bodies
        index = len(bodies)
        bodies.append(body)
        if index == BATCH_EVENTS - 1:
            self._open = None
        self._events += 1
        self._bytes += len(body)
        return batch, index

    def _open_batch(self) -> Batch:
        batch = self._open = Batch(loop=self._loop)
        self._queue.append(batch)
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._settle)
        return batch

    async def aclose(self) -> None:
        """Write what is queued and a last checkpoint; stop the thread."""
        await self._drain()
        if self._timer is not None:
            self._timer.cancel()
        self._checkpoint_now()
        await self._drain()
        if self._thread is not None:
            self._writes.put(None)
            self._thread.join()

    async def _drain(self) -> None:
        while self._busy:
            batch = self._queue[-1] if self._queue else self._writing
            assert batch is not None
            await batch

    def _settle(self) -> None:
        """Begin the write once a tick has brought no new event, so that a batch takes all that is on its way."""
        batch = self._queue[0]
        size = len(batch.bodies)
        batch.ticks += 1
        if size != batch.seen and batch.ticks < SETTLE_TICKS:
            batch.seen = size
            self._loop.call_soon(self._settle)
        else:
            self._begin()

    def _begin(self) -> None:
        batch = self._queue[0]
        handed_over = False
        try:
            if self._head is None:
                self._head = self._log.open(self._chain)
            begun = self._log.begin()
            if not begun and self._inline:
                handed_over = self._try_later(batch)
                return
            # From here on the batch is closed: later events go to the next one.
            self._writing = self._take(batch)
            write = self._link(batch, self._head, begun)
            if begun:
                self._log.insert(self._chain, write.stored, write.checkpoint)
            if self._inline:
                self._log.commit()
                self._end(batch, write.head, write.checkpoint)
            else:
                self._writes.put(write)
            handed_over = True
        except LogUnavailable as error:
            logger.error("the record cannot be written", chain=self._chain, error=str(error))
        finally:
            if not handed_over:
                self._end(batch, None, None)

    def _take(self, batch: Batch) -> Batch:
        self._queue.popleft()
        if self._open is batch:
            self._open = None
        return batch

    def _try_later(self, batch: Batch) -> bool:
        """Only inline: ask for the lock again in a moment, without stalling the loop."""
        now = self._loop.time()
        if batch.deadline is None:
            batch.deadline = now + BUSY_LIMIT_S
        elif now > batch.deadline:
            logger.error("the record stayed locked by another process", chain=self._chain)
            return False
        self._loop.call_later(BUSY_RETRY_S, self._begin)
        return True

    def _link(self, batch: Batch, previous: Head, begun: bool) -> _Write:
        body = b"\n".join(batch.bodies)
        count = len(batch.bodies)
        first = batch.first_seq = previous.seq + 1
        head = Head(previous.seq + count, link(previous.hash, body)) if count else previous
        checkpoint = None
        if self._sign is not None and self._is_due(head.seq, bool(count)):
            now = self._clock()
            message = checkpoint_message(self._chain, head.seq, head.hash, now)
            checkpoint = Checkpoint(head.seq, head.hash, now, self._sign(message))
        return _Write(batch, head, StoredBatch(first, count, head.hash, body), checkpoint, begun)

    def _is_due(self, seq: int, has_events: bool) -> bool:
        news = seq - self._signed_seq
        # A start signs with its first events: what a crash left unsigned is not left so.
        return news > 0 and (
            not has_events or news >= CHECKPOINT_EVENTS or self._clock() - self._signed_at >= CHECKPOINT_S
        )

    def _write_loop(self) -> None:
        """The thread: it waits for what the loop must not wait for, the lock of other processes and the disk."""
        while (write := self._writes.get()) is not None:
            done: Head | None = None
            try:
                if not write.begun:
                    self._wait_for_lock()
                    self._log.insert(self._chain, write.stored, write.checkpoint)
                self._log.commit()
                done = write.head
            except LogUnavailable as error:
                logger.error("the record cannot be written", chain=self._chain, error=str(error))
            finally:
                self._loop.call_soon_threadsafe(self._end, write.batch, done, write.checkpoint)

    def _wait_for_lock(self) -> None:
        # A lock is held for one fsync, and several workers want it: asking every 1 ms (the loop's own resolution)
        # would leave the disk idle most of the time.
        deadline = time.monotonic() + BUSY_LIMIT_S
        while not self._log.begin():
            if time.monotonic() > deadline:
                raise LogUnavailable("it stayed locked by another process")
            time.sleep(LOCK_POLL_S)

    def _end(self, batch: Batch, head: Head | None, checkpoint: Checkpoint | None) -> None:
        """Wake the batch's calls and go on with the next one. ``head`` is None when the write failed."""
        was_failing = self._failing
        if head is None:
            if self._queue and self._queue[0] is batch:
                self._take(batch)
            self._log.rollback()
            # Only the log knows what a failed commit left behind: read the head again before the next write.
            self._head = None
        else:
            self._head = head
            if checkpoint is not None:
                self._signed_seq, self._signed_at = checkpoint.seq, checkpoint.signed_at
        self._failing = head is None
        self._events -= len(batch.bodies)
        self._bytes -= sum(map(len, batch.bodies))
        batch.set_result(head is not None)
        if was_failing and head is not None and self.on_recovered is not None:
            self.on_recovered()
        if self._queue:
            # After the calls just woken, which may add to it.
            self._busy = True
            self._loop.call_soon(self._settle)
        else:
            self._busy = False
            self._arm()

    def _arm(self) -> None:
        """Sign what is not signed yet when the chain has been quiet for a while."""
        if self._sign is None or self._timer is not None or self._head is None or self._head.seq == self._signed_seq:
            return
        self._timer = self._loop.call_later(CHECKPOINT_S, self._quiet)

    def _quiet(self) -> None:
        self._timer = None
        self._checkpoint_now()

    def _checkpoint_now(self) -> None:
        if self._busy or self._sign is None or self._head is None or self._head.seq == self._signed_seq:
            return
        self._open_batch()


async def durable(batch: Batch) -> None:
    """Wait for a batch. Raises ``AuditRefused`` (``record_unavailable``) when it was not written."""
    if not await batch:
        raise record_unavailable()
