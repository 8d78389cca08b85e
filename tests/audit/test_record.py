"""What the record holds after a call, whatever way the call ended."""

# ruff: noqa: PT012 - what is tested is how the record is left, so the block is the script

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from vendorgate.audit import AuditRefused, Record, Recorder, view_call
from vendorgate.model import Decision, Function, Refusal
from vendorgate.testing.builders import build_call, build_caller
from vendorgate.testing.memory_store import MemoryEventLog
from vendorgate.testing.plain_masker import TOKEN, WORD

ALLOW = Decision("allow", "allowed", "small", "", "v1")
DENY = Decision("deny", "denied", "never", "No.", "v1")


class VendorRefused(Refusal):
    pass


def events(log: MemoryEventLog) -> list[dict[str, Any]]:
    return [event for _, event in log.events("gateway-0")]


def view(log: MemoryEventLog) -> dict[str, Any]:
    """The one call in the log, as it is shown."""
    (seq, first), *later = log.events("gateway-0")
    return view_call(first, later[-1][1] if later else None, chain="gateway-0", seq=seq)


async def close(record: Record, body: bytes = b"{}") -> None:
    await record.closed(status=200, content_type=b"application/json", body=body, bytes_sent=len(body))


async def test_a_call_that_went_well(recorder: Recorder, log: MemoryEventLog) -> None:
    call = build_call(amount="120.00", params={"amount": 12000, "rate": Decimal("1.10"), "card": WORD})
    async with recorder.open_record(call.request) as record:
        record.identified(call.caller)
        record.matched(call)
        await record.decided(call, ALLOW)
        assert [event["type"] for event in events(log)] == ["decided"], "durable before the call is sent"
        record.sending("stripe-live", 3)
        await close(record, WORD.encode())
        assert [event["type"] for event in events(log)] == ["decided", "closed"], "durable before it is answered"
    shown = view(log)
    assert shown["money"] == {"value": "120.00", "currency": "USD"}
    assert shown["params"] == {"amount": 12000, "rate": Decimal("1.10"), "card": TOKEN}
    assert shown["response"] == {"content_type": "application/json", "bytes": 16, "body": TOKEN, "truncated": False}
    assert shown["masked"] == {"card": 2}
    assert (shown["effect"], shown["reason"], shown["rule"]) == ("allow", "allowed", "small")
    assert (shown["state"], shown["vendor_status"]) == ("closed", 200)
    assert shown["credential"] == {"name": "stripe-live", "version": 3}
    assert shown["chain"] == {"id": "gateway-0", "seq": 1}
    assert WORD.encode() not in b"".join(batch.body for batch in log.batches("gateway-0"))


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (VendorRefused("vendor_unreachable", "."), "refused", "vendor_unreachable"),
        (VendorRefused("vendor_timeout", ".", sent=True), "outcome_unknown", "vendor_timeout"),
        (VendorRefused("credential_unavailable", "."), "refused", "credential_unavailable"),
        (ZeroDivisionError(), "outcome_unknown", "internal"),
        (asyncio.CancelledError(), "outcome_unknown", "cancelled"),
    ],
)
async def test_a_call_that_failed_after_the_decision(
    recorder: Recorder, log: MemoryEventLog, error: BaseException, state: str, reason: str
) -> None:
    call = build_call()
    with pytest.raises(type(error)):
        async with recorder.open_record(call.request) as record:
            record.matched(call)
            await record.decided(call, ALLOW)
            record.sending(None, None)
            raise error
    assert [event["type"] for event in events(log)] == ["decided", "closed"]
    shown = view(log)
    assert (shown["state"], shown["reason"], shown["effect"]) == (state, reason, "allow")


async def test_a_denied_call_is_one_event(recorder: Recorder, log: MemoryEventLog) -> None:
    call = build_call(amount="90000")
    with pytest.raises(VendorRefused):
        async with recorder.open_record(call.request) as record:
            record.identified(call.caller)
            record.matched(call)
            await record.decided(call, DENY)
            raise VendorRefused("denied", "No.", rule="never")
    assert [event["type"] for event in events(log)] == ["refused"]
    shown = view(log)
    assert (shown["state"], shown["effect"], shown["reason"], shown["rule"]) == ("refused", "deny", "denied", "never")
    assert shown["caller"]["id"] == "payroll-job"
    assert shown["vendor_status"] is None
    assert shown["money"]["value"] == "90000"


@pytest.mark.parametrize("identified", [False, True])
async def test_a_call_refused_before_it_was_matched(recorder: Recorder, log: MemoryEventLog, identified: bool) -> None:
    request = build_call(path=f"/v1/{WORD}").request
    with pytest.raises(VendorRefused):
        async with recorder.open_record(request) as record:
            if identified:
                record.identified(build_caller("contractor"))
            raise VendorRefused("unauthenticated", ".")
    shown = view(log)
    assert shown["caller"] == (
        {"id": "contractor", "kind": "workload", "issuer": "local", "groups": []} if identified else None
    )
    assert (shown["effect"], shown["reason"], shown["state"]) == ("deny", "unauthenticated", "refused")
    assert (shown["path"], shown["function"], shown["params"]) == (f"/v1/{TOKEN}", None, None)


async def test_a_bug_before_the_decision_keeps_nothing_that_needs_masking(
    recorder: Recorder, log: MemoryEventLog
) -> None:
    call = build_call(path="/v1/x", params={"name": "n"})
    with pytest.raises(ZeroDivisionError):
        async with recorder.open_record(call.request) as record:
            record.matched(call)
            raise ZeroDivisionError
    shown = view(log)
    assert (shown["reason"], shown["state"], shown["path"], shown["params"]) == ("internal", "refused", None, None)


async def test_a_request_that_could_not_be_parsed(recorder: Recorder, log: MemoryEventLog) -> None:
    refusal = VendorRefused("bad_request", ".")
    await recorder.refuse_unparsed(id="0" * 32, received_at=1.0, peer="127.0.0.1", refusal=refusal, bytes_read=7)
    shown = view(log)
    assert (shown["id"], shown["reason"], shown["effect"]) == ("0" * 32, "bad_request", "deny")
    assert shown["caller"] is shown["vendor"] is shown["method"] is None


async def test_a_stream_is_recorded_before_its_first_byte_and_at_its_end(
    recorder: Recorder, log: MemoryEventLog
) -> None:
    call = build_call()
    async with recorder.open_record(call.request) as record:
        record.matched(call)
        await record.decided(call, ALLOW)
        record.sending(None, None)
        await record.answering(200, b"text/event-stream")
        assert view(log)["state"] == "decided"
        assert view(log)["vendor_status"] == 200
        for _ in range(100):
            record.captured(b"x" * 1000)
        await record.closed(status=200, content_type=b"text/event-stream", body=None, bytes_sent=100_000)
    assert [event["type"] for event in events(log)] == ["decided", "answering", "closed"]
    response = view(log)["response"]
    assert (response["bytes"], len(response["body"]), response["truncated"]) == (100_000, 1024, True)


async def test_a_stream_that_broke_off(recorder: Recorder, log: MemoryEventLog) -> None:
    call = build_call()
    with pytest.raises(VendorRefused):
        async with recorder.open_record(call.request) as record:
            record.matched(call)
            await record.decided(call, ALLOW)
            record.sending(None, None)
            await record.answering(200, b"text/event-stream")
            record.captured(b"data: 1")
            raise VendorRefused("outcome_unknown", ".", sent=True)
    shown = view(log)
    assert (shown["state"], shown["vendor_status"]) == ("outcome_unknown", 200)
    assert shown["response"]["body"] == "data: 1"


async def test_a_masked_path_parameter_is_masked_in_the_path(recorder: Recorder, log: MemoryEventLog) -> None:
    function = Function("hr", "people.get", "read", "none", sensitive=("person",))
    call = build_call(path="/people/J%20Doe/pay?x=1", function=function, params={"person": "J Doe"})
    async with recorder.open_record(call.request) as record:
        record.matched(call)
        await record.decided(call, ALLOW)
        await close(record)
    assert view(log)["path"] == "/people/[field:BBBBBBBBBBBBBBBB]/pay"


@pytest.mark.parametrize("value", [2**70, "\ud800", {"a": [2**64, "\udfff"]}])
async def test_values_that_json_libraries_refuse_are_recorded(
    recorder: Recorder, log: MemoryEventLog, value: Any
) -> None:
    call = build_call(params={"odd": value})
    async with recorder.open_record(call.request) as record:
        record.matched(call)
        await record.decided(call, ALLOW)
        await close(record)
    assert view(log)["params"]["odd"] in (2**70, "?", {"a": [2**64, "?"]})


async def test_a_cancelled_call_waits_for_its_write_and_spares_others(recorder: Recorder, log: MemoryEventLog) -> None:
    log.locked = True
    calls = [build_call(), build_call()]

    async def one(index: int) -> None:
        call = calls[index]
        async with recorder.open_record(call.request) as record:
            record.matched(call)
            await record.decided(call, ALLOW)
            await close(record)

    tasks = [asyncio.create_task(one(index)) for index in (0, 1)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    assert not tasks[0].done(), "its event is on the way to the disk"
    log.locked = False
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] is None
    outcomes = {event["call"]: event for event in events(log) if event["type"] == "closed"}
    assert outcomes[calls[0].id]["reason"] == "cancelled"
    assert outcomes[calls[0].id]["state"] == "refused", "nothing was sent yet"
    assert outcomes[calls[1].id]["state"] == "closed"


@pytest.mark.parametrize("place", ["begin", "insert", "commit"])
async def test_a_full_disk_before_the_decision(recorder: Recorder, log: MemoryEventLog, place: str) -> None:
    async def one() -> None:
        call = build_call()
        async with recorder.open_record(call.request) as record:
            record.matched(call)
            await record.decided(call, ALLOW)
            await close(record)

    log.fail_at = {place}
    for refused in await asyncio.gather(*(one() for _ in range(5)), return_exceptions=True):
        assert isinstance(refused, AuditRefused)
        assert (refused.reason, refused.sent) == ("record_unavailable", False)
    assert events(log) == [], "nothing half-written"
    log.fail_at = set()
    await one()
    assert [event["type"] for event in events(log)] == ["decided", "closed"], "it recovers by itself"


async def test_a_full_disk_after_the_call_was_sent(recorder: Recorder, log: MemoryEventLog) -> None:
    call = build_call()
    with pytest.raises(AuditRefused) as refused:
        async with recorder.open_record(call.request) as record:
            record.matched(call)
            await record.decided(call, ALLOW)
            record.sending(None, None)
            log.fail_at = {"commit"}
            await close(record)
    assert (refused.value.reason, refused.value.sent) == ("outcome_unknown", True), "never an invitation to retry"
    assert [event["type"] for event in events(log)] == ["decided"]
    log.fail_at = set()
    other = build_call()
    async with recorder.open_record(other.request) as record:
        record.matched(other)
        await record.decided(other, ALLOW)
        await close(record)
    late = [event for event in events(log) if event["type"] == "closed" and event["call"] == call.id]
    assert [(event["state"], event["vendor_status"]) for event in late] == [("outcome_unknown", 200)]


async def test_calls_left_open_are_closed_at_start(log: MemoryEventLog) -> None:
    from vendorgate.testing.plain_masker import PlainMasker

    first = Recorder(log, chain="gateway-0", masker=PlainMasker(), capture=10)
    await first.start()
    call = build_call()
    record = first.open_record(call.request)
    record.matched(call)
    await record.decided(call, ALLOW)
    # Here the process is killed.
    second = Recorder(log, chain="gateway-0", masker=PlainMasker(), capture=10)
    await second.start()
    assert (view(log)["id"], view(log)["state"]) == (call.id, "outcome_unknown")
    await second.aclose()
    third = Recorder(log, chain="gateway-0", masker=PlainMasker(), capture=10)
    await third.start()
    await third.aclose()
    assert len(events(log)) == 2, "and only once"
    await first.aclose()
