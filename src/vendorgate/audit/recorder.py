"""One worker's recorder: opens a record for every call, on its own hash chain."""

import time
from collections.abc import Callable

from vendorgate.audit.commit import GroupCommit, durable
from vendorgate.audit.dump import dump
from vendorgate.audit.errors import AuditRefused, record_unavailable
from vendorgate.audit.events import Facts, unparsed_event
from vendorgate.audit.log import EventLog, LogUnavailable, OpenCall
from vendorgate.audit.masker import RecordMasker
from vendorgate.audit.record import Record
from vendorgate.audit.state import RecorderState
from vendorgate.model import ClientRequest, Refusal
from vendorgate.telemetry import logger


class Recorder:
    """Writes the record of one data-path worker.

    ``capture`` is how many bytes of an answer are kept. ``sign`` is Ed25519 over the message it gets; without it no
    checkpoints are signed. ``commit_inline`` commits on the loop instead of a thread: it stalls the loop for the
    disk's latency and is there to be measured.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        chain: str,
        masker: RecordMasker,
        clock: Callable[[], float] = time.time,
        capture: int = 64 * 1024,
        sign: Callable[[bytes], bytes] | None = None,
        commit_inline: bool = False,
    ) -> None:
        self._log = log
        self._chain = chain
        self._commit = GroupCommit(log, chain=chain, clock=clock, sign=sign, commit_inline=commit_inline)
        self._state = RecorderState(self._commit, masker=masker, clock=clock, capture=capture)

    def use_masker(self, masker: RecordMasker) -> None:
        """Mask by another configuration from now on."""
        self._state.facts = Facts(masker)

    async def start(self) -> None:
        """Check the chain's end and close what a crash left open as ``outcome_unknown``.

        Raises ``AuditRefused`` when the log cannot be opened or its end does not fit its hash.
        """
        try:
            head = self._log.open(self._chain)
            left = self._log.open_calls(self._chain)
        except LogUnavailable as error:
            raise AuditRefused(
                "record_unavailable", f"The record cannot be opened: {error}. Run: vendorgate audit verify"
            ) from error
        self._commit.start(head)
        if not left:
            return
        logger.warning("calls without an outcome were found", chain=self._chain, calls=len(left))
        batches = {self._commit.append(dump(_unknown(call, self._state.clock())))[0] for call in left}
        for batch in batches:
            await durable(batch)

    async def aclose(self) -> None:
        """Write what is queued, sign the chain's end, close the log."""
        await self._commit.aclose()
        self._log.close()

    def open_record(self, request: ClientRequest) -> Record:
        """Return the record of a call. Raises ``AuditRefused`` when it could not be written now."""
        if self._commit.is_refusing:
            raise record_unavailable()
        return Record(self._state, request)

    async def refuse_unparsed(
        self, *, id: str, received_at: float, peer: str, refusal: Refusal, bytes_read: int
    ) -> None:
        """Record a request whose framing was refused before it became a ``ClientRequest``.

        Raises ``AuditRefused`` when it could not be written.
        """
        if self._commit.is_refusing:
            raise record_unavailable()
        event = unparsed_event(
            call_id=id,
            received_at=received_at,
            peer=peer,
            reason=refusal.reason,
            bytes_read=bytes_read,
            at=self._state.clock(),
        )
        event["status"] = refusal.status
        await durable(self._commit.append(dump(event))[0])


def _unknown(call: OpenCall, now: float) -> dict[str, object]:
    return {
        "type": "closed",
        "call": call.call,
        "of": call.seq,
        "at": now,
        "state": "outcome_unknown",
        "reason": "outcome_unknown",
        "vendor_status": call.vendor_status,
        "credential": None,
        "masked": {},
        "duration_ms": None,
    }
