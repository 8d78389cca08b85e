"""One call's record: opened before anything is looked at, left only when the outcome is durable.

Leaving it by any way writes the last event: a ``Refusal`` as what it is, anything else as ``internal`` or
``cancelled``. A write that has begun is never cancelled (see ``commit.Batch``).
"""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from vendorgate.audit.commit import Batch
from vendorgate.audit.dump import dump
from vendorgate.audit.errors import AuditRefused, outcome_not_recorded, record_unavailable
from vendorgate.audit.events import Event, decided_event, outcome_event, refused_event
from vendorgate.audit.state import RecorderState
from vendorgate.model import Call, Caller, ClientRequest, Decision, Refusal

_CAPTURE_SLACK = 4096
"""Bytes kept beyond the capture limit, so that the masker cuts the text knowing what the cut goes through."""


class Record:
    """The record of one call."""

    __slots__ = (
        "_bytes",
        "_call",
        "_caller",
        "_captured",
        "_closed",
        "_content_type",
        "_credential",
        "_decided",
        "_decision",
        "_index",
        "_request",
        "_sending",
        "_state",
        "_status",
    )

    def __init__(self, state: RecorderState, request: ClientRequest) -> None:
        self._state = state
        self._request = request
        self._caller: Caller | None = None
        self._call: Call | None = None
        self._decision: Decision | None = None
        self._decided: Batch | None = None
        self._index = 0
        self._sending = False
        self._credential: dict[str, object] | None = None
        self._status: int | None = None
        self._content_type: bytes | None = None
        self._captured: bytearray | None = None
        self._bytes = 0
        self._closed = False

    def identified(self, caller: Caller) -> None:
        """Note who calls."""
        self._caller = caller

    def matched(self, call: Call) -> None:
        """Note what is called."""
        self._call = call

    async def decided(self, call: Call, decision: Decision) -> None:
        """Make the decision durable. A decision that stops the call is noted; its ``Refusal`` writes the one event.

        Raises ``AuditRefused`` (``record_unavailable``).
        """
        self._decision = decision
        self._call = call
        if decision.effect != "allow":
            return
        state = self._state
        batch, self._index = state.commit.append(dump(decided_event(state.facts, call, decision, at=state.clock())))
        self._decided = batch
        if not await batch:
            raise record_unavailable()

    def sending(self, credential_name: str | None, credential_version: int | None) -> None:
        """Note the credential; from here on a failure may mean that the vendor has acted."""
        self._sending = True
        if credential_name is not None:
            self._credential = {"name": credential_name, "version": credential_version}

    async def answering(self, status: int, content_type: bytes | None) -> None:
        """Make the head of a streamed answer durable before its first byte goes out.

        Raises ``AuditRefused`` (``outcome_unknown``: the call was sent).
        """
        self._status = status
        self._content_type = content_type
        self._captured = bytearray()
        event = self._outcome("answering", "decided")
        if not await self._state.commit.append(dump(event))[0]:
            raise outcome_not_recorded()

    def captured(self, chunk: bytes) -> None:
        """Keep a piece of a streamed answer, up to the capture limit; count the rest."""
        self._bytes += len(chunk)
        kept = self._captured
        if kept is not None:
            room = self._state.capture + _CAPTURE_SLACK - len(kept)
            if room > 0:
                kept += chunk[:room]

    async def closed(self, *, status: int, content_type: bytes | None, body: bytes | None, bytes_sent: int) -> None:
        """Make the outcome durable; the answer may go out (or end) only then.

        ``body`` is None for a streamed answer, whose captured pieces are used. Raises ``AuditRefused``
        (``outcome_unknown``: the call was sent).
        """
        self._status = status
        response, masked = self._response(content_type, body, bytes_sent)
        event = self._outcome("closed", "closed", response=response, masked=masked)
        self._closed = True
        if not await self._state.commit.append(dump(event))[0]:
            self._orphan(event)
            raise outcome_not_recorded()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._closed:
            return
        if isinstance(error, AuditRefused) and (self._decided is None or not self._is_decided()):
            # The log has just refused this call's first event: a second try would wait for the same failure.
            return
        if self._is_decided():
            await self._close_failed(error)
        else:
            await self._refuse(error)

    def _is_decided(self) -> bool:
        return self._decided is not None and self._decided.done() and self._decided.result()

    async def _refuse(self, error: BaseException | None) -> None:
        state = self._state
        try:
            event = self._refused(error, with_values=isinstance(error, Refusal))
        except Refusal:
            # The masker itself refuses: keep what needs no masking.
            event = self._refused(error, with_values=False)
        self._closed = True
        # When this fails too, the refusal goes out all the same: nothing was sent, and its reason is the more useful.
        await state.commit.append(dump(event))[0]

    def _refused(self, error: BaseException | None, *, with_values: bool) -> Event:
        refusal = error if isinstance(error, Refusal) else None
        return refused_event(
            self._state.facts,
            self._request,
            with_values=with_values,
            caller=self._caller,
            call=self._call,
            decision=self._decision,
            reason=_reason(error),
            rule=refusal.rule if refusal is not None else None,
            status=refusal.status if refusal is not None else None,
            at=self._state.clock(),
        )

    async def _close_failed(self, error: BaseException | None) -> None:
        sent = error.sent if isinstance(error, Refusal) else self._sending
        response, masked = None, None
        if self._captured is not None and isinstance(error, (Refusal, asyncio.CancelledError)):
            with contextlib.suppress(Refusal):
                response, masked = self._response(self._content_type, None, self._bytes)
        state = "outcome_unknown" if sent else "refused"
        event = self._outcome("closed", state, reason=_reason(error), response=response, masked=masked)
        self._closed = True
        # When this fails, the first error is still the one to tell.
        if not await self._state.commit.append(dump(event))[0]:
            self._orphan(event)

    def _orphan(self, event: Event) -> None:
        """Keep the outcome until the log works again; by then the caller was told that it is unknown."""
        event["state"] = event["reason"] = "outcome_unknown"
        self._state.orphan(dump(event))

    def _outcome(
        self,
        kind: str,
        state: str,
        *,
        reason: str | None = None,
        response: Mapping[str, object] | None = None,
        masked: Mapping[str, int] | None = None,
    ) -> Event:
        decided = self._decided
        assert decided is not None
        return outcome_event(
            kind,
            self._request,
            of=decided.first_seq + self._index,
            at=self._state.clock(),
            state=state,
            credential=self._credential,
            vendor_status=self._status,
            reason=reason,
            response=response,
            masked=masked,
        )

    def _response(
        self, content_type: bytes | None, body: bytes | None, size: int
    ) -> tuple[dict[str, object], Mapping[str, int]]:
        call = self._call
        assert call is not None
        kept = body if body is not None else bytes(self._captured or b"")
        masked = self._state.facts.masker.mask_body(call.function, content_type, kept)
        response = {
            "content_type": content_type.decode("latin-1") if content_type is not None else None,
            "bytes": size,
            "body": masked.body,
            "truncated": masked.truncated or (body is None and len(kept) < self._bytes),
        }
        return response, masked.counts


def _reason(error: BaseException | None) -> str:
    if isinstance(error, Refusal):
        return error.reason
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "internal"
