"""Verify the record: every batch against its hash and its neighbours, every chain against its signed checkpoints.

What each finding means is in docs/explanation/record.md. The walk stops at the first broken place of a chain.
"""

from collections.abc import Callable
from typing import NamedTuple

import orjson

from vendorgate.audit.chain import checkpoint_message, genesis, link
from vendorgate.audit.log import Checkpoint, RecordReader


class Broken(NamedTuple):
    """The first place where a chain is not what was written."""

    chain: str
    seq: int
    """Sequence number of the first event that is affected."""
    what: str
    """``edited``, ``deleted``, ``truncated``, ``unreadable`` or ``checkpoint``."""
    detail: str


class Report(NamedTuple):
    """What a verification saw."""

    chains: int
    events: int
    checkpoints: int
    broken: tuple[Broken, ...]
    """At most one a chain; empty when all is well."""


def verify(reader: RecordReader, *, is_signed: Callable[[bytes, bytes], bool]) -> Report:
    """Check all chains. ``is_signed(message, signature)`` checks a checkpoint. Raises ``LogUnavailable``."""
    names = reader.chains()
    events = checkpoints = 0
    broken = []
    for name in names:
        signed = reader.checkpoints(name)
        checkpoints += len(signed)
        last, problem = _verify_chain(reader, name, signed, is_signed)
        events += last
        if problem is not None:
            broken.append(problem)
    return Report(len(names), events, checkpoints, tuple(broken))


def _verify_chain(
    reader: RecordReader, chain: str, signed: list[Checkpoint], is_signed: Callable[[bytes, bytes], bool]
) -> tuple[int, Broken | None]:
    """Return the last good sequence number and the first broken place."""
    for point in signed:
        if not is_signed(checkpoint_message(chain, point.seq, point.hash, point.signed_at), point.signature):
            return 0, Broken(chain, point.seq, "checkpoint", "a checkpoint does not carry this gateway's signature")
    expected = {point.seq: point.hash for point in signed}
    seq, previous = 0, genesis(chain)
    for batch in reader.batches(chain):
        if batch.first_seq != seq + 1:
            return seq, Broken(chain, seq + 1, "deleted", "events are missing here or stand in another place")
        if link(previous, batch.body) != batch.hash:
            return seq, Broken(chain, seq + 1, "edited", "these events do not fit their hash and the events before")
        if not _is_readable(batch.body, batch.events):
            return seq, Broken(chain, seq + 1, "unreadable", "this batch does not hold the events it says it holds")
        seq, previous = seq + batch.events, batch.hash
        if expected.pop(seq, previous) != previous:
            return seq, Broken(chain, seq, "checkpoint", "a signed checkpoint has another hash for this event")
    missing = [point for point in expected if point > seq]
    if missing:
        return seq, Broken(chain, seq + 1, "truncated", f"a signed checkpoint vouches for events up to {max(missing)}")
    if expected:
        return seq, Broken(chain, min(expected), "checkpoint", "a signed checkpoint falls inside a batch")
    projected = reader.projected(chain)
    if projected > seq:
        return seq, Broken(chain, seq + 1, "truncated", f"the calls were read up to event {projected}")
    return seq, None


def _is_readable(body: bytes, count: int) -> bool:
    lines = body.split(b"\n")
    if len(lines) != count:
        return False
    try:
        for line in lines:
            orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
