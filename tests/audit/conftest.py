from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vendorgate.audit import Recorder
from vendorgate.testing.memory_store import MemoryEventLog
from vendorgate.testing.plain_masker import PlainMasker


@pytest.fixture
def log() -> MemoryEventLog:
    return MemoryEventLog()


@pytest.fixture
async def recorder(log: MemoryEventLog) -> AsyncIterator[Recorder]:
    recorder = Recorder(log, chain="gateway-0", masker=PlainMasker(), capture=1024)
    await recorder.start()
    yield recorder
    log.fail_at.clear()
    await recorder.aclose()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "vendorgate.db"
