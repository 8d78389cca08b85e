"""Filters as people write them, on the command line and in the API's query, into a ``CallFilter``."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from vendorgate.store.calls import CallFilter

NAMES = ("vendor", "function", "caller", "effect", "since", "until", "status", "touching")
STATES = ("refused", "decided", "held", "closed", "outcome_unknown")
EFFECTS = ("allow", "deny", "review")

_AGO = re.compile(r"([0-9]{1,9})(s|m|h|d|w)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)", re.IGNORECASE)


class BadFilter(ValueError):
    """A filter that means nothing; ``name`` is which, the message says what it should be."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def parse_filter(given: Mapping[str, str | None], *, now: float, tokens_for: Callable[[str], list[str]]) -> CallFilter:
    """Return the filter for texts by name (see ``NAMES``); absent and None mean any. Raises ``BadFilter``.

    ``function`` is a function's own name or the full one, with its vendor (``stripe.transfers.create``).
    """
    unknown = given.keys() - set(NAMES)
    if unknown:
        raise BadFilter(min(unknown), f"there is no such filter: use {', '.join(NAMES)}")
    effect, status, touching = given.get("effect"), given.get("status"), given.get("touching")
    if effect is not None and effect not in EFFECTS:
        raise BadFilter("effect", f"must be one of {', '.join(EFFECTS)}")
    if status is not None and status not in STATES and not _STATUS.fullmatch(status):
        raise BadFilter("status", f"must be a vendor status (200), a class of them (5xx) or one of {', '.join(STATES)}")
    return CallFilter(
        vendor=given.get("vendor"),
        function=given.get("function"),
        caller=given.get("caller"),
        effect=effect,
        since=_moment("since", given.get("since"), now),
        until=_moment("until", given.get("until"), now),
        status=status,
        tokens=None if touching is None else tokens_for(touching),
    )


def _moment(name: str, text: str | None, now: float) -> float | None:
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _UNIT_S[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadFilter(name, "must be RFC 3339 (2026-01-31T12:00:00Z) or a time ago (15m, 2h, 3d)") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
