"""THE LIFE OF ONE CALL, top to bottom. The order of the stages is written here and nowhere else.

accept (proxy) has framed and limited the request before ``handle`` sees it; ``handle`` is left only when the
answer has been written, so the lifetime of the function is the lifetime of the call.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from vendorgate.audit import Record, Recorder
from vendorgate.catalog.match import Matcher
from vendorgate.credentials import Credentials
from vendorgate.identity import Identity
from vendorgate.masking import Masker, NeedleSearches, StreamRedactor, redact
from vendorgate.model import Answer, AuthorizedCall, ClientRequest, Credential, Refusal, VendorResponse
from vendorgate.policy import Policy, authorize
from vendorgate.upstream import Upstream


class Client(Protocol):
    """What the pipeline writes to: the caller's connection, or a test's list."""

    def refuse(self, refusal: Refusal) -> None:
        """Answer with a problem document; break the answer off if its head is already out."""

    def answer(self, answer: Answer) -> None:
        """Write a whole answer."""

    def start(self, answer: Answer) -> None:
        """Write the head of a streamed answer."""

    async def write(self, data: bytes) -> bool:
        """Write a piece; wait while the caller is slow. False when the caller is gone."""

    def finish(self) -> None:
        """End a streamed answer: only now can the caller tell that it is complete."""


class Stages(NamedTuple):
    """Everything a call needs, for one version of the configuration."""

    recorder: Recorder
    identity: Identity
    matcher: Matcher
    policy: Policy
    credentials: Credentials
    upstream: Upstream
    masker: Masker
    searches: NeedleSearches
    clock: Callable[[], float]


async def handle(stages: Stages, request: ClientRequest, client: Client) -> None:
    """Take one request through all stages and answer it. Raises only what is a bug, after recording that."""
    try:
        async with stages.recorder.open_record(request) as record:
            caller = stages.identity.identify_cached(request) or await stages.identity.identify(request)
            record.identified(caller)
            call = stages.matcher.match(request, caller)
            record.matched(call)
            decision = stages.policy.evaluate(call, now=stages.clock())
            await record.decided(call, decision)
            authorized = authorize(call, decision)
            credential = stages.credentials.lease(authorized)
            record.sending(credential.name if credential else None, credential.version if credential else None)
            response = await stages.upstream.send(authorized, credential)
            if response.body is None:
                await _stream(stages, record, client, answering=(authorized, credential, response))
            else:
                answer = mask_whole(stages, authorized, credential, response)
                await record.closed(
                    status=answer.status,
                    content_type=_content_type(answer),
                    body=answer.body,
                    bytes_sent=len(answer.body or b""),
                )
                client.answer(answer)
    except Refusal as refusal:
        client.refuse(refusal)


def mask_whole(
    stages: Stages, authorized: AuthorizedCall, credential: Credential | None, response: VendorResponse
) -> Answer:
    """Redact the credential from a whole answer, then mask what ``masking.response`` says."""
    status, reason, headers, body, _ = response
    if credential is not None:
        needles = credential.needles
        parts = [part for field in headers for part in field]
        parts += (body or b"", reason)
        if stages.searches.is_in(parts, needles):
            headers = tuple((redact(name, needles), redact(value, needles)) for name, value in headers)
            body, reason = redact(body or b"", needles), redact(reason, needles)
    answer = Answer(status, reason, headers, body)
    function = authorized.call.function
    if body and stages.masker.answer_rules(function):
        answer = answer._replace(body=stages.masker.mask_answer(function, _content_type(answer), body))
    return answer


async def _stream(
    stages: Stages,
    record: Record,
    client: Client,
    *,
    answering: tuple[AuthorizedCall, Credential | None, VendorResponse],
) -> None:
    """Pass a streamed answer on piece by piece; its end reaches the caller after its outcome is recorded."""
    authorized, credential, response = answering
    function = authorized.call.function
    head = mask_whole(stages, authorized, credential, response)._replace(body=None)
    content_type = _content_type(head)
    redactor = StreamRedactor(credential.needles if credential else ())
    masks = stages.masker.answer_stream(function, content_type) if stages.masker.answer_rules(function) else None
    await record.answering(head.status, content_type)
    client.start(head)
    stream = response.stream
    assert stream is not None
    sent = 0
    present = True
    try:
        async for piece in stream:
            data = redactor.feed(piece)
            record.captured(data)
            if masks is not None:
                data = masks.feed(data)
            sent += len(data)
            if data and not await client.write(data):
                present = False
                break
        if present:
            tail = redactor.flush()
            record.captured(tail)
            if masks is not None:
                tail = masks.feed(tail) + masks.flush()
            sent += len(tail)
            if tail:
                await client.write(tail)
    finally:
        await stream.aclose()
    await record.closed(status=head.status, content_type=content_type, body=None, bytes_sent=sent)
    client.finish()


def _content_type(answer: Answer) -> bytes | None:
    for name, value in answer.headers:
        if name == b"content-type":
            return value
    return None
