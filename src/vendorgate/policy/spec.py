"""Rules as data, as they stand in the configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewSpec:
    """How a held call is decided."""

    by: tuple[str, ...] = ()
    quorum: int = 1
    hold_s: float = 300.0
    expires_s: float = 3600.0
    reason_required: bool = False


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule of the policy, as written."""

    id: str
    effect: str
    who: tuple[str, ...] | None = None
    """None means anybody; patterns ``group:``, ``principal:``, ``kind:``, ``issuer:``."""
    call: tuple[str, ...] | None = None
    """None means every function (listed ones); patterns ``vendor.function`` with globs, ``access:read``."""
    when: str | None = None
    about: str | None = None
    message: str | None = None
    observe: bool = False
    review: ReviewSpec | None = None
    line: int = 0
