"""Masking: change sensitive values before they are stored, shown, or handed to the caller.

One file a detector in ``detectors/``; ``scanner`` runs them over one text and all encodings of it, ``tree`` over JSON,
``masker`` chooses by content type. ``redact`` takes the credential out of answers and knows nothing of the rest.
"""

from vendorgate.masking.errors import MaskingRefused
from vendorgate.masking.masker import Masked, MaskedBody, Masker
from vendorgate.masking.needle_search import NeedleSearches
from vendorgate.masking.redact import StreamRedactor, redact
from vendorgate.masking.spec import ALL_DETECTORS, MaskSpec
from vendorgate.masking.streaming import StreamMasker

__all__ = [
    "ALL_DETECTORS",
    "MaskSpec",
    "Masked",
    "MaskedBody",
    "Masker",
    "MaskingRefused",
    "NeedleSearches",
    "StreamMasker",
    "StreamRedactor",
    "redact",
]
