"""What is masked where, as data."""

from dataclasses import dataclass

ALL_DETECTORS = ("card", "iban", "email", "phone", "ssn", "secret")


@dataclass(frozen=True, slots=True)
class MaskSpec:
    """What is masked in one place: detector names and field rules ``vendor.function: path``."""

    detect: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    """Pairs of a function glob (``stripe.*``) and a dotted path glob (``**.client_secret``)."""
