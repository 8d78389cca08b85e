"""What the record needs from masking. ``masking.Masker`` satisfies it; the stages do not import one another."""

from collections.abc import Mapping
from typing import Protocol

from vendorgate.model import Function, ParamValue


class MaskedParams(Protocol):
    """A parameter tree in which sensitive values are replaced by tokens."""

    @property
    def value(self) -> object:
        """The tree: JSON values and ``Decimal``."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Kind of value → how many were replaced."""


class MaskedBody(Protocol):
    """An answer's body as the record keeps it."""

    @property
    def body(self) -> object:
        """A JSON value, text, ``orjson.Fragment``, or None when nothing is kept."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Kind of value → how many were replaced."""

    @property
    def truncated(self) -> bool:
        """Whether the body was longer than the capture limit."""


class RecordMasker(Protocol):
    """Masks what the record keeps."""

    def mask_params(self, function: Function, params: Mapping[str, ParamValue]) -> MaskedParams:
        """Mask a call's parameters: detectors, field rules, the catalogue's sensitive fields."""

    def mask_text(self, text: str) -> tuple[str, dict[str, int]]:
        """Mask a text by detectors alone; return it and what was replaced."""

    def mask_body(self, function: Function, content_type: bytes | None, body: bytes) -> MaskedBody:
        """Mask an answer's body and cut it to the capture limit."""
