"""Two recorders share one store file: each has its chain, and neither loses or waits out the other."""

import asyncio
from pathlib import Path

import pytest

from vendorgate.audit import Recorder, verify
from vendorgate.model import Refusal
from vendorgate.store.connect import open_store
from vendorgate.store.projector import Projector
from vendorgate.store.sqlite import SqliteEventLog, SqliteRecordReader
from vendorgate.testing.plain_masker import PlainMasker


@pytest.mark.parametrize("inline", [False, True])
async def test_both_write_while_a_projector_reads(path: Path, inline: bool) -> None:
    refusal = Refusal("bad_request", ".")

    async def write(recorder: Recorder, first: int) -> None:
        for index in range(first, first + 20):
            await recorder.refuse_unparsed(id=f"{index:032x}", received_at=1.0, peer="", refusal=refusal, bytes_read=0)

    recorders = [
        Recorder(SqliteEventLog(path), chain=f"gateway-{index}", masker=PlainMasker(), commit_inline=inline)
        for index in range(2)
    ]
    for recorder in recorders:
        await recorder.start()
    projector = Projector(path)
    writes = [
        write(recorder, 1000 * index + 100 * task) for index, recorder in enumerate(recorders) for task in range(5)
    ]
    writing = asyncio.gather(*writes)
    projected = 0
    while not writing.done():
        projected += await asyncio.to_thread(projector.run_once)
        await asyncio.sleep(0.001)
    await writing
    for recorder in recorders:
        await recorder.aclose()
    assert projected + projector.run_once() == 200
    projector.close()
    connection = open_store(path)
    report = verify(SqliteRecordReader(connection), is_signed=lambda message, signature: True)
    connection.close()
    assert (report.broken, report.chains, report.events) == ((), 2, 200)
