from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from vendorgate.audit import Recorder
from vendorgate.model import Decision, Refusal
from vendorgate.store.sqlite import SqliteEventLog
from vendorgate.testing.builders import build_call, build_caller, build_request
from vendorgate.testing.plain_masker import PlainMasker

ALLOW = Decision("allow", "allowed", "small", "", "v1")

Play = Callable[..., Awaitable[str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vendorgate.db"


@pytest.fixture
async def recorder(path: Path) -> AsyncIterator[Recorder]:
    recorder = Recorder(SqliteEventLog(path), chain="gateway-0", masker=PlainMasker())
    await recorder.start()
    yield recorder
    await recorder.aclose()


@pytest.fixture
def play(recorder: Recorder) -> Play:
    """Record one call; return its id."""

    async def play(
        *,
        caller: str = "payroll-job",
        status: int = 200,
        refused: str | None = None,
        body: bytes = b"{}",
        open_: bool = False,
        at: float | None = None,
        **fields: Any,
    ) -> str:
        call = build_call(caller=build_caller(caller), **fields)
        if at is not None:
            request = build_request("POST", id=f"{int(at * 1000):012x}{'0' * 20}", received_at=at)
            call = call._replace(id=request.id, request=request)
        record = recorder.open_record(call.request)
        try:
            async with record:
                record.identified(call.caller)
                record.matched(call)
                if refused is not None:
                    raise Refusal(refused, ".")
                await record.decided(call, ALLOW)
                if open_:
                    record._closed = True  # the process ends here
                    return call.id
                record.sending("stripe-live", 1)
                await record.closed(status=status, content_type=b"application/json", body=body, bytes_sent=len(body))
        except Refusal:
            pass
        return call.id

    return play
