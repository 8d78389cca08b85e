"""Group commit: batches, bounds, locks and checkpoints."""

import asyncio

import pytest

from vendorgate.audit import AuditRefused, Recorder, commit, verify
from vendorgate.audit.commit import GroupCommit
from vendorgate.model import Refusal
from vendorgate.testing.builders import build_request
from vendorgate.testing.memory_store import MemoryEventLog
from vendorgate.testing.plain_masker import PlainMasker


async def started(log: MemoryEventLog, *, inline: bool = False, sign: commit.Sign | None = None) -> GroupCommit:
    group = GroupCommit(log, chain="c", clock=lambda: 1000.0, sign=sign, commit_inline=inline)
    group.start(log.open("c"))
    return group


@pytest.mark.parametrize("inline", [False, True])
async def test_events_of_a_tick_share_one_commit(inline: bool) -> None:
    log = MemoryEventLog()
    group = await started(log, inline=inline)
    batches = {group.append(b"{}")[0] for _ in range(100)}
    assert len(batches) == 1
    assert await batches.pop()
    assert (log.commits, len(log.events("c"))) == (1, 100)
    await group.aclose()


async def test_a_batch_is_bounded() -> None:
    log = MemoryEventLog()
    group = await started(log)
    places = [group.append(b"{}") for _ in range(2 * commit.BATCH_EVENTS + 1)]
    assert all([await batch for batch in {batch for batch, _ in places}])
    assert [batch.events for batch in log.batches("c")] == [commit.BATCH_EVENTS, commit.BATCH_EVENTS, 1]
    assert [batch.first_seq + index for batch, index in places] == list(range(1, 2 * commit.BATCH_EVENTS + 2))
    await group.aclose()


async def test_a_full_queue_refuses_new_calls() -> None:
    log = MemoryEventLog()
    recorder = Recorder(log, chain="c", masker=PlainMasker())
    await recorder.start()
    log.locked = True
    refusal = Refusal("bad_request", ".")
    writes = [
        asyncio.ensure_future(
            recorder.refuse_unparsed(id=f"{index:032x}", received_at=0.0, peer="", refusal=refusal, bytes_read=0)
        )
        for index in range(commit.QUEUE_EVENTS)
    ]
    await asyncio.sleep(0)
    with pytest.raises(AuditRefused):
        recorder.open_record(build_request())
    log.locked = False
    await asyncio.gather(*writes)
    recorder.open_record(build_request())
    await recorder.aclose()


async def test_a_log_that_stays_locked_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "BUSY_LIMIT_S", 0.01)
    log = MemoryEventLog()
    group = await started(log)
    log.locked = True
    assert not await group.append(b"{}")[0]
    log.locked = False
    assert await group.append(b"{}")[0]
    await group.aclose()


async def test_closing_signs_the_end_of_the_chain() -> None:
    log = MemoryEventLog()
    signed: list[bytes] = []

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return b"signature"

    group = await started(log, sign=sign)
    for _ in range(3):
        await group.append(b"{}")[0]
    await group.aclose()
    assert log.checkpoints("c")[-1].seq == 3
    assert (
        verify(log, is_signed=lambda message, signature: message in signed and signature == b"signature").broken == ()
    )
    assert verify(log, is_signed=lambda message, signature: False).broken[0].what == "checkpoint"


async def test_a_busy_chain_is_signed_every_thousand_events() -> None:
    log = MemoryEventLog()
    group = await started(log, sign=lambda message: b"s")
    for _ in range(5):
        group.append(b"{}")
        batch = [group.append(b"{}")[0] for _ in range(499)][-1]
        await batch
    assert [point.seq for point in log.checkpoints("c")] == [500, 1500, 2500]
    await group.aclose()
