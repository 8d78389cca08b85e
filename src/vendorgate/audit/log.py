"""The storage the record needs: an append-only log of batches of events, one chain a recorder.

``store/`` implements it. A batch is the unit of durability, of hashing and of storage: the events that one commit
made durable, as JSON lines. One row and one hash a batch instead of an event is what keeps a call below the price of
two inserts.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class LogUnavailable(Exception):
    """The log cannot be read or written now: disk full, I/O error, locked too long, damaged."""


class Head(NamedTuple):
    """The end of a chain."""

    seq: int
    """Sequence number of the last event; 0 for an empty chain."""
    hash: bytes
    """Hash of the last batch; ``genesis(chain)`` for an empty chain."""


class StoredBatch(NamedTuple):
    """One row of the log."""

    first_seq: int
    events: int
    hash: bytes
    """SHA-256 over the previous batch's hash and ``body``."""
    body: bytes
    """``events`` JSON documents, separated by newlines."""


class Checkpoint(NamedTuple):
    """A signed statement that a chain had this head at this time."""

    seq: int
    hash: bytes
    signed_at: float
    signature: bytes
    """Ed25519 over ``chain.checkpoint_message``."""


class OpenCall(NamedTuple):
    """A call whose decision is recorded and whose outcome is not."""

    seq: int
    call: str
    received_at: float
    vendor_status: int | None


class EventLog(Protocol):
    """Appends batches in transactions. Every method may raise ``LogUnavailable``.

    ``commit`` may run on another thread; the owner touches nothing else of the log meanwhile.
    """

    def open(self, chain: str) -> Head:
        """Make the chain if it is new; return its head. Raises too when its last batch does not fit its hash."""

    def begin(self) -> bool:
        """Begin a write; False when another writer is in, without waiting."""

    def insert(self, chain: str, batch: StoredBatch, checkpoint: Checkpoint | None) -> None:
        """Add a batch (none when it holds 0 events) and a checkpoint to the write."""

    def commit(self) -> None:
        """Make the write durable. When it raises, the write did not happen or is seen by ``open``."""

    def rollback(self) -> None:
        """Give the write up; never raises."""

    def open_calls(self, chain: str) -> list[OpenCall]:
        """Return the chain's calls without an outcome, oldest first."""

    def close(self) -> None:
        """Close the log; never raises."""


class RecordReader(Protocol):
    """Reads the record for verification. Every method may raise ``LogUnavailable``."""

    def chains(self) -> list[str]:
        """Return all chains, by name."""

    def batches(self, chain: str) -> Iterator[StoredBatch]:
        """Yield a chain's batches in the order of their place in the store."""

    def checkpoints(self, chain: str) -> list[Checkpoint]:
        """Return the chain's checkpoints by sequence number, those kept beside the store included."""

    def projected(self, chain: str) -> int:
        """Return the sequence number up to which the searchable projection has read the chain."""
