"""Stores in memory that pass the same contract tests as the SQLite ones."""

from collections.abc import Iterator
from typing import NamedTuple

from vendorgate.audit.chain import genesis
from vendorgate.audit.dump import parse
from vendorgate.audit.log import Checkpoint, Head, LogUnavailable, OpenCall, StoredBatch
from vendorgate.credentials import SealedSecret, StoreUnavailable

_Sealed = list[SealedSecret]


class _Write(NamedTuple):
    chain: str
    batch: StoredBatch
    checkpoint: Checkpoint | None


class MemoryEventLog:
    """``audit.EventLog`` and ``audit.RecordReader`` in memory.

    ``fail_at`` names methods that raise ``LogUnavailable`` while they are in it; ``locked`` makes ``begin`` say no.
    """

    def __init__(self) -> None:
        self.stored: dict[str, list[StoredBatch]] = {}
        self.signed: dict[str, list[Checkpoint]] = {}
        self.fail_at: set[str] = set()
        self.locked = False
        self.commits = 0
        self._writing: list[_Write] | None = None

    def open(self, chain: str) -> Head:
        """Return the chain's head."""
        self._may_fail("open")
        batches = self.stored.setdefault(chain, [])
        if not batches:
            return Head(0, genesis(chain))
        last = batches[-1]
        return Head(last.first_seq + last.events - 1, last.hash)

    def begin(self) -> bool:
        """Begin a write."""
        self._may_fail("begin")
        assert self._writing is None, "a write is in progress"
        if self.locked:
            return False
        self._writing = []
        return True

    def insert(self, chain: str, batch: StoredBatch, checkpoint: Checkpoint | None) -> None:
        """Add to the write."""
        self._may_fail("insert")
        assert self._writing is not None
        self._writing.append(_Write(chain, batch, checkpoint))

    def commit(self) -> None:
        """Keep what was written."""
        self._may_fail("commit")
        assert self._writing is not None
        for chain, batch, checkpoint in self._writing:
            if batch.events:
                self.stored[chain].append(batch)
            if checkpoint is not None:
                self.signed.setdefault(chain, []).append(checkpoint)
        self.commits += 1
        self._writing = None

    def rollback(self) -> None:
        """Forget what was not committed."""
        self._writing = None

    def open_calls(self, chain: str) -> list[OpenCall]:
        """Return the calls without an outcome."""
        found: dict[int, OpenCall] = {}
        for seq, event in self.events(chain):
            if event["type"] == "decided":
                found[seq] = OpenCall(seq, str(event["call"]), float(str(event["received_at"])), None)
            elif event["type"] == "answering":
                of = int(str(event["of"]))
                found[of] = found[of]._replace(vendor_status=int(str(event["vendor_status"])))
            elif event["type"] == "closed":
                found.pop(int(str(event["of"])), None)
        return list(found.values())

    def close(self) -> None:
        """Nothing to close."""

    def chains(self) -> list[str]:
        """Return all chains."""
        return sorted(self.stored)

    def batches(self, chain: str) -> Iterator[StoredBatch]:
        """Yield a chain's batches."""
        yield from self.stored[chain]

    def checkpoints(self, chain: str) -> list[Checkpoint]:
        """Return a chain's checkpoints."""
        return self.signed.get(chain, [])

    def projected(self, chain: str) -> int:
        """Memory has no projection."""
        return 0

    def events(self, chain: str) -> list[tuple[int, dict[str, object]]]:
        """Return all events of a chain with their sequence numbers."""
        return [
            (batch.first_seq + index, parse(line))
            for batch in self.stored.get(chain, [])
            for index, line in enumerate(batch.body.split(b"\n"))
        ]

    def _may_fail(self, method: str) -> None:
        if method in self.fail_at:
            raise LogUnavailable("database or disk is full")


class MemoryCredentialStore:
    """``credentials.CredentialStore`` in memory."""

    def __init__(self) -> None:
        self._latest: dict[str, SealedSecret] = {}
        self._highest: dict[str, int] = {}

    def get(self, name: str) -> SealedSecret | None:
        """Return the latest version, or None."""
        return self._latest.get(name)

    def put(self, name: str, version: int, nonce: bytes, ciphertext: bytes, created_at: float) -> None:
        """Add a version; raises ``StoreUnavailable`` unless it is higher than every one before."""
        if version < self.next_version(name):
            raise StoreUnavailable("this version exists already: somebody set the credential meanwhile")
        self._highest[name] = version
        self._latest[name] = SealedSecret(name, version, nonce, ciphertext, created_at)

    def list(self) -> _Sealed:
        """Return the latest version of every credential, by name."""
        return [self._latest[name] for name in sorted(self._latest)]

    def remove(self, name: str) -> bool:
        """Remove all versions; False when there was none."""
        return self._latest.pop(name, None) is not None

    def next_version(self, name: str) -> int:
        """Return the version a new value gets."""
        return self._highest.get(name, 0) + 1
