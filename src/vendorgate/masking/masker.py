"""The verb of this stage: mask what is stored, and what the caller gets where the configuration says so."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from vendorgate.masking.content import Content, read_content_type, sniff
from vendorgate.masking.cut import LOOKAHEAD, close_json, cut_text
from vendorgate.masking.errors import MaskingRefused, WorkExceeded
from vendorgate.masking.events import EVENT_END, mask_event, mask_json_or_text
from vendorgate.masking.fields import FieldRules
from vendorgate.masking.scanner import Tally
from vendorgate.masking.side import Side
from vendorgate.masking.spec import MaskSpec
from vendorgate.masking.streaming import EventMasker, StreamMasker, WholeMasker
from vendorgate.masking.tokens import Tokeniser
from vendorgate.masking.tree import mask_tree
from vendorgate.model import Function, ParamValue

WITHHELD = "[withheld: too many places in it look sensitive to check them all]"
_NONE: dict[str, int] = {}

read_type = lru_cache(maxsize=1024)(read_content_type)


class Masked(NamedTuple):
    """A masked parameter tree (numbers as int and Decimal) and how many values of each kind were masked."""

    value: ParamValue
    counts: dict[str, int]


class MaskedBody(NamedTuple):
    """A vendor's answer as the record holds it.

    ``body`` is an ``orjson.Fragment`` with one line of valid JSON when the answer was JSON (embed it with
    ``orjson.dumps``; numbers keep the vendor's spelling), a str for every other text, None for none and for binary.
    """

    body: orjson.Fragment | str | None
    counts: dict[str, int]
    truncated: bool


class Masker:
    """Masks parameters, texts and answers under one configuration."""

    def __init__(self, *, key: bytes, record: MaskSpec, response: MaskSpec, capture: int) -> None:
        """``key`` makes the tokens; ``capture`` is how many bytes of an answer the record holds."""
        self._tokens = Tokeniser(key)
        self._record = Side(record, self._tokens, for_record=True)
        self._response = Side(response, self._tokens, for_record=False)
        self._capture = capture

    def mask_params(self, function: Function, params: Mapping[str, ParamValue]) -> Masked:
        """Mask a parameter tree by the record's rules and the function's ``sensitive`` paths."""
        if not params:
            return Masked({}, _NONE)
        side = self._record
        rules = side.rules(function)
        try:
            raw = orjson.dumps(params, default=_number)
        except (TypeError, orjson.JSONEncodeError):
            raw = b""  # too deep, or a lone surrogate: no short cut
        if raw and side.scanner.is_clean(raw) and (rules is None or not rules.may_match(raw)):
            return Masked(params if type(params) is dict else dict(params), _NONE)
        tally = Tally()
        try:
            return Masked(mask_tree(dict(params), side.scanner, rules, tally), tally.counts)
        except WorkExceeded:
            return Masked({"withheld": WITHHELD}, {"withheld": 1})

    def mask_text(self, text: str) -> tuple[str, dict[str, int]]:
        """Mask a free text: a path, a query string, a header, a name."""
        if not text or self._record.scanner.is_clean(text.encode("utf-8", "surrogatepass")):
            return text, _NONE
        tally = Tally()
        try:
            return self._record.scanner.mask(text, "", tally), tally.counts
        except WorkExceeded:
            return WITHHELD, {"withheld": 1}

    def mask_body(self, function: Function, content_type: bytes | None, body: bytes) -> MaskedBody:
        """Mask a vendor's answer for the record.

        Of an answer longer than the capture limit pass the beginning, at least one byte more than the limit and better
        4 KiB; it comes back ``truncated``, ending before anything that could be part of a sensitive value.
        """
        if not body:
            return MaskedBody(None, _NONE, False)
        content = read_type(content_type)
        side = self._record
        rules = side.rules(function)
        if (
            len(body) <= self._capture
            and content.form == "json"
            and content.charset is None
            and side.scanner.is_clean(body)
            and (rules is None or not rules.may_match(body))
        ):
            try:
                orjson.loads(body)
            except orjson.JSONDecodeError:
                return MaskedBody(body.decode("utf-8", "replace"), _NONE, False)
            return MaskedBody(orjson.Fragment(_one_line(body)), _NONE, False)
        tally = Tally()
        try:
            return self._mask_body(content, body, rules, tally)
        except WorkExceeded:
            return MaskedBody(WITHHELD, {"withheld": 1}, len(body) > self._capture)

    def _mask_body(self, content: Content, body: bytes, rules: FieldRules | None, tally: Tally) -> MaskedBody:
        side = self._record
        truncated = len(body) > self._capture
        if content.form == "unknown":
            content = sniff(body)._replace(charset=content.charset) if content.charset else sniff(body)
        if content.form == "binary":
            return MaskedBody(None, tally.counts, truncated)
        text = _decoded(content, body)
        if text is None:
            return MaskedBody(None, tally.counts, truncated)
        body = text
        if not truncated:
            masked = side.mask_body(content, body, rules, tally, for_record=True)
            if content.form == "json":
                return _stored(masked, tally.counts)
            return MaskedBody(masked.decode("utf-8", "replace"), tally.counts, False)
        if content.form == "json":
            closed = close_json(body[: self._capture])
            if closed is not None and _is_json(closed):
                masked = mask_json_or_text(closed, side.scanner, rules, tally)
                return _stored(masked, tally.counts)._replace(truncated=True)
        whole = _whole_parts(content, body[: self._capture])
        if whole is not None:
            masked = side.mask_body(content, whole, rules, tally, for_record=True)
        else:
            window = body[: self._capture + LOOKAHEAD]
            masked = cut_text(window, side.scanner.replacements(window, "", tally), self._capture)
        return MaskedBody(masked.decode("utf-8", "replace"), tally.counts, True)

    def answer_rules(self, function: Function) -> bool:
        """Whether ``masking.response`` says anything about this function's answers."""
        return self._response.applies(function)

    def mask_answer(self, function: Function, content_type: bytes | None, body: bytes) -> bytes:
        """Mask what the caller gets, in its own format. Raises ``MaskingRefused``."""
        content = read_type(content_type)
        if content.form == "unknown":
            content = sniff(body)
        if content.form == "binary" or not body:
            return body
        text = _decoded(content, body)
        if text is None:
            raise MaskingRefused(
                "vendor_bad_response",
                "The vendor's answer is in a character set that cannot be masked; exempt the function from "
                "masking.response or ask the vendor for UTF-8.",
                sent=True,
            )
        try:
            masked = self._response.mask_body(content, text, self._response.rules(function), Tally(), for_record=False)
        except WorkExceeded:
            raise MaskingRefused(
                "vendor_bad_response",
                "The vendor's answer holds more suspicious places than are checked in one call; ask for a smaller one.",
                sent=True,
            ) from None
        if masked is text or content.charset is None:
            return body if masked is text else masked
        return masked.decode("utf-8", "replace").encode(content.charset, "replace")

    def answer_stream(self, function: Function, content_type: bytes | None) -> StreamMasker:
        """Return a masker for an answer that streams; one instance an answer."""
        content = read_type(content_type)
        if content.form == "binary":
            return StreamMasker()
        if content.form == "sse" and content.charset is None:
            rules = self._response.rules(function)
            return EventMasker(lambda event: self._mask_event(event, rules))
        return WholeMasker(lambda body: self.mask_answer(function, content_type, body))

    def _mask_event(self, event: bytes, rules: FieldRules | None) -> bytes:
        try:
            return mask_event(event, self._response.scanner, rules, Tally())
        except WorkExceeded:
            return b"event: error\ndata: " + WITHHELD.encode() + b"\n\n"

    def tokens_for(self, value: str) -> list[str]:
        """Return every token ``value`` could have become in the record, whatever its spelling."""
        return self._tokens.candidates(value)


def _number(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def _stored(raw: bytes, counts: dict[str, int]) -> MaskedBody:
    """Return valid JSON as a fragment of one line, anything else as text."""
    if not _is_json(raw):
        return MaskedBody(raw.decode("utf-8", "replace"), counts, False)
    return MaskedBody(orjson.Fragment(_one_line(raw)), counts, False)


def _one_line(raw: bytes) -> bytes:
    # Valid JSON has these bytes only between its tokens.
    return raw.translate(None, b"\r\n\t") if b"\n" in raw or b"\r" in raw else raw


def _is_json(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return True


def _decoded(content: Content, body: bytes) -> bytes | None:
    """Return the body as UTF-8 (or as it is, when its charset contains ASCII); None when it cannot be read."""
    if content.charset is None:
        return None if content.form != "multipart" and b"\x00" in body[:64] else body
    try:
        return body.decode(content.charset).encode("utf-8", "surrogatepass")
    except (LookupError, UnicodeError):
        return None


def _whole_parts(content: Content, window: bytes) -> bytes | None:
    """Return the beginning of a body that consists of whole lines, pairs or events; None for formats without such."""
    if content.form == "lines":
        return window[: window.rfind(b"\n") + 1]
    if content.form == "form":
        return window[: max(0, window.rfind(b"&"))]
    if content.form == "sse":
        ends = [match.end() for match in EVENT_END.finditer(window)]
        return window[: ends[-1]] if ends else b""
    if content.form == "multipart":
        return window[: max(0, window.rfind(b"--" + content.boundary))]
    return None
