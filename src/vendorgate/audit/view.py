"""A call as JSON, wherever it is shown: its first event and the latest event of its outcome become one object."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FIELDS = (
    "id", "received_at", "caller", "vendor", "function", "access", "method", "host", "path", "params", "money",
    "effect", "reason", "rule", "policy_version", "review", "credential", "state", "vendor_status", "response",
    "masked", "duration_ms", "chain",
)  # fmt: skip
"""Every field, in the order shown; those that do not apply are null, never absent."""


def view_call(first: Mapping[str, Any], outcome: Mapping[str, Any] | None, *, chain: str, seq: int) -> dict[str, Any]:
    """Return the call that began with the event ``first`` (``decided`` or ``refused``) at ``seq`` of ``chain``."""
    last: Mapping[str, Any] = outcome or {}
    if first["type"] == "refused":
        state = "refused"
        duration = (first["at"] - first["received_at"]) * 1000
    else:
        state = last.get("state", "decided")
        duration = last.get("duration_ms")
    caller = first.get("caller")
    target: Mapping[str, Any] = first.get("target") or {}
    decision: Mapping[str, Any] = first.get("decision") or {}
    return {
        "id": first["call"],
        "received_at": timestamp(first["received_at"]),
        "caller": {name: caller.get(name) for name in ("id", "kind", "issuer", "groups")} if caller else None,
        "vendor": target.get("vendor"),
        "function": target.get("function"),
        "access": target.get("access"),
        "method": target.get("method"),
        "host": target.get("host"),
        "path": first.get("path"),
        "params": first.get("params"),
        "money": first.get("money"),
        "effect": decision.get("effect"),
        "reason": last.get("reason") or first.get("reason") or decision.get("reason") or None,
        "rule": first.get("rule") or decision.get("rule"),
        "policy_version": decision.get("policy_version") or None,
        "review": first.get("review"),
        "credential": last.get("credential"),
        "state": state,
        "vendor_status": last.get("vendor_status"),
        "response": last.get("response"),
        "masked": _add(first.get("masked"), last.get("masked")),
        "duration_ms": round(float(duration), 3) if duration is not None else None,
        "chain": {"id": chain, "seq": seq},
    }


def timestamp(seconds: Any) -> str:
    """Return seconds since the epoch as RFC 3339 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(round(float(seconds), 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _add(first: Mapping[str, int] | None, second: Mapping[str, int] | None) -> dict[str, int]:
    total = dict(first or {})
    for kind, count in (second or {}).items():
        total[kind] = total.get(kind, 0) + count
    return total
