"""A masker that knows one secret word: enough to see what the record masks, without the real detectors."""

from collections.abc import Mapping
from typing import NamedTuple

from vendorgate.model import Function, ParamValue

WORD = "4242424242424242"
TOKEN = "[card:4242:AAAAAAAAAAAAAAAA]"


class MaskedParams(NamedTuple):
    """A masked tree."""

    value: object
    counts: Mapping[str, int]


class MaskedBody(NamedTuple):
    """A masked body."""

    body: object
    counts: Mapping[str, int]
    truncated: bool


class PlainMasker:
    """Replaces ``WORD`` by ``TOKEN``; keeps bodies as text, up to ``capture`` bytes."""

    def __init__(self, *, capture: int = 1024) -> None:
        self._capture = capture

    def mask_params(self, function: Function, params: Mapping[str, ParamValue]) -> MaskedParams:
        """Mask top-level texts; fields the function calls sensitive are masked whole."""
        value: dict[str, object] = {}
        count = 0
        for name, item in params.items():
            value[name] = item
            if isinstance(item, str) and (WORD in item or name in function.sensitive):
                value[name] = item.replace(WORD, TOKEN) if WORD in item else "[field:BBBBBBBBBBBBBBBB]"
                count += 1
        return MaskedParams(value, {"card": count} if count else {})

    def mask_text(self, text: str) -> tuple[str, dict[str, int]]:
        """Mask a text."""
        return text.replace(WORD, TOKEN), {"card": text.count(WORD)} if WORD in text else {}

    def mask_body(self, function: Function, content_type: bytes | None, body: bytes) -> MaskedBody:
        """Mask a body as text."""
        text, counts = self.mask_text(body[: self._capture].decode("utf-8", "replace"))
        return MaskedBody(text, counts, len(body) > self._capture)
