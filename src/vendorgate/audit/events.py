"""What each event says: the dictionaries that become the lines of the record.

``decided`` (before a byte leaves), ``answering`` (streams, before the first byte of the answer), ``closed`` (the
outcome, pointing at the decision's sequence number as ``of``), or one ``refused`` for a call that was stopped before
it was sent. Values that came from outside are masked here and nowhere later.

What calls are searched by stands before what is only shown (``path``, ``response``), so that the projection parses half
of an event.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

import orjson

from vendorgate.audit.dump import dump
from vendorgate.audit.masker import RecordMasker
from vendorgate.model import Call, Caller, ClientRequest, Decision, Function

Event = dict[str, object]

_TEXT_LIMIT = 256
_CACHE_ENTRIES = 2048


class CallFacts(NamedTuple):
    """The masked description of a matched call."""

    path: str
    params: object
    masked: Mapping[str, int]


class Facts:
    """Masks and renders the parts of an event; remembers what repeats from call to call."""

    def __init__(self, masker: RecordMasker) -> None:
        self.masker = masker
        # Callers are cached objects of identity, and most paths repeat: rendering them anew costs 2 µs a call.
        self._callers: dict[int, tuple[Caller, orjson.Fragment]] = {}
        self._targets: dict[int, tuple[Function, str, str, orjson.Fragment]] = {}
        self._decisions: dict[Decision, orjson.Fragment] = {}
        self._plain_paths: set[str] = set()

    def caller(self, caller: Caller | None) -> orjson.Fragment | None:
        """Return a caller as JSON: id, kind, issuer, groups, actor."""
        if caller is None:
            return None
        known = self._callers.get(id(caller))
        if known is not None and known[0] is caller:
            return known[1]
        if len(self._callers) >= _CACHE_ENTRIES:
            self._callers.clear()
        fragment = orjson.Fragment(
            orjson.dumps(
                {
                    "id": caller.id,
                    "kind": caller.kind,
                    "issuer": caller.issuer,
                    "groups": sorted(caller.groups),
                    "actor": caller.actor,
                }
            )
        )
        self._callers[id(caller)] = (caller, fragment)
        return fragment

    def target(self, function: Function, method: str, host: str) -> orjson.Fragment:
        """Return what is called as JSON: vendor, function, access, method, host."""
        known = self._targets.get(id(function))
        if known is not None and known[0] is function and known[1] == method and known[2] == host:
            return known[3]
        if len(self._targets) >= _CACHE_ENTRIES:
            self._targets.clear()
        target = {
            "vendor": function.vendor,
            "function": function.name,
            "access": function.access,
            "method": method,
            "host": host,
        }
        fragment = orjson.Fragment(dump(target))
        self._targets[id(function)] = (function, method, host, fragment)
        return fragment

    def decision(self, decision: Decision) -> orjson.Fragment:
        """Return a decision as JSON: effect, reason, rule, policy_version, outcomes."""
        known = self._decisions.get(decision)
        if known is not None:
            return known
        if len(self._decisions) >= _CACHE_ENTRIES:
            self._decisions.clear()
        fragment = orjson.Fragment(
            dump(
                {
                    "effect": decision.effect,
                    "reason": decision.reason,
                    "rule": decision.rule,
                    "policy_version": decision.policy_version,
                    "outcomes": [tuple(outcome) for outcome in decision.outcomes],
                }
            )
        )
        self._decisions[decision] = fragment
        return fragment

    def call(self, call: Call) -> CallFacts:
        """Mask a call's parameters and path. A masked path parameter is masked in the path too."""
        masked = self.masker.mask_params(call.function, call.params)
        path = call.canonical.target.partition("?")[0]
        counts = masked.counts
        if counts:
            path = _mask_segments(path, call.params, masked.value)
        path, found = self.path(path)
        return CallFacts(path, masked.value, _merge(counts, found) if found else counts)

    def path(self, path: str) -> tuple[str, Mapping[str, int]]:
        """Mask a path by detectors."""
        if path in self._plain_paths:
            return path, {}
        masked, counts = self.masker.mask_text(path)
        if not counts and "%" in path:
            # Percent-encoding must not hide a value from the detectors.
            decoded, counts = self.masker.mask_text(unquote(path))
            masked = decoded if counts else path
        if not counts and len(path) <= _TEXT_LIMIT:
            if len(self._plain_paths) >= _CACHE_ENTRIES:
                self._plain_paths.clear()
            self._plain_paths.add(path)
        return masked, counts

    def text(self, text: str) -> str:
        """Mask a short text by detectors, cut to 256 characters."""
        return self.masker.mask_text(text)[0][:_TEXT_LIMIT]


def decided_event(facts: Facts, call: Call, decision: Decision, *, at: float) -> Event:
    """Return the event that must be durable before the call is sent."""
    request = call.request
    canonical = call.canonical
    path, params, masked = facts.call(call)
    money = call.money
    return {
        "type": "decided",
        "call": call.id,
        "at": at,
        "received_at": request.received_at,
        "peer": request.peer,
        "masked": masked,
        "caller": facts.caller(call.caller),
        "target": facts.target(call.function, canonical.method, canonical.host),
        "decision": facts.decision(decision),
        "path": path,
        "params": params,
        "money": None if money is None else {"value": format(money.value, "f"), "currency": money.currency},
        "digest": call.digest,
        "body_bytes": len(canonical.body),
    }


def outcome_event(
    kind: str,
    request: ClientRequest,
    *,
    of: int,
    at: float,
    state: str,
    credential: Mapping[str, object] | None,
    vendor_status: int | None,
    reason: str | None = None,
    response: Mapping[str, object] | None = None,
    masked: Mapping[str, int] | None = None,
) -> Event:
    """Return an ``answering`` or ``closed`` event of the call decided at sequence number ``of``."""
    return {
        "type": kind,
        "call": request.id,
        "of": of,
        "at": at,
        "state": state,
        "reason": reason,
        "credential": credential,
        "vendor_status": vendor_status,
        "masked": masked,
        "duration_ms": (at - request.received_at) * 1000.0,
        "response": response,
    }


def refused_event(
    facts: Facts,
    request: ClientRequest,
    *,
    with_values: bool,
    caller: Caller | None,
    call: Call | None,
    decision: Decision | None,
    reason: str,
    rule: str | None,
    status: int | None,
    at: float,
) -> Event:
    """Return the one event of a call that was stopped before it was sent, with all that is known of it.

    ``with_values`` False keeps nothing that would need masking: for calls that ended in a bug.
    """
    event: Event
    if call is not None and with_values:
        event = decided_event(facts, call, decision or _UNDECIDED, at=at)
    else:
        path, masked = facts.path(request.path) if with_values else (None, {})
        vendor = facts.text(request.vendor) if with_values and request.vendor else None
        event = {
            "call": request.id,
            "at": at,
            "received_at": request.received_at,
            "peer": request.peer,
            "caller": facts.caller(caller),
            "target": {"vendor": vendor, "method": request.method},
            "path": path,
            "decision": facts.decision(decision or _UNDECIDED),
            "body_bytes": len(request.body),
            "masked": masked,
        }
    event["type"] = "refused"
    event["reason"] = reason
    event["rule"] = rule
    event["status"] = status
    return event


def unparsed_event(*, call_id: str, received_at: float, peer: str, reason: str, bytes_read: int, at: float) -> Event:
    """Return the event of a request whose framing could not be read."""
    return {
        "type": "refused",
        "call": call_id,
        "at": at,
        "received_at": received_at,
        "peer": peer,
        "decision": {"effect": "deny"},
        "reason": reason,
        "body_bytes": bytes_read,
        "masked": {},
    }


# A call that never came as far as a decision was not allowed.
_UNDECIDED = Decision("deny", "", None, "", "")


def _merge(left: Mapping[str, int], right: Mapping[str, int]) -> Mapping[str, int]:
    merged = dict(left)
    for kind, count in right.items():
        merged[kind] = merged.get(kind, 0) + count
    return merged


def _mask_segments(path: str, params: Mapping[str, object], masked: object) -> str:
    """Replace path segments that spell a parameter whose value was masked."""
    if not isinstance(masked, Mapping):
        return path
    changed = {
        value: masked[name]
        for name, value in params.items()
        if isinstance(value, str) and value and masked.get(name) != value and isinstance(masked.get(name), str)
    }
    if not changed:
        return path
    return "/".join(str(changed.get(unquote(segment), segment)) for segment in path.split("/"))


__all__ = ["CallFacts", "Event", "Facts", "decided_event", "refused_event", "unparsed_event"]
