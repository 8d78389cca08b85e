"""Builders of the values that travel between stages, with everything that a test does not care about filled in."""

import time
from decimal import Decimal
from typing import Any

from vendorgate.model import Call, Caller, CanonicalRequest, ClientRequest, Function, Money, new_call_id


def build_request(method: str = "GET", path: str = "/v1/transfers", **fields: Any) -> ClientRequest:
    """Return a request to vendor ``stripe``; any field of ``ClientRequest`` can be given."""
    defaults: dict[str, Any] = {
        "id": new_call_id(time.time()),
        "received_at": time.time(),
        "method": method,
        "vendor": "stripe",
        "path": path,
        "query": "",
        "authority": "gate:8080",
        "headers": ((b"host", b"gate:8080"),),
        "body": b"",
        "peer": "127.0.0.1",
    }
    return ClientRequest(**(defaults | fields))


def build_caller(caller_id: str = "payroll-job", *groups: str, **fields: Any) -> Caller:
    """Return a verified workload of the local issuer."""
    defaults: dict[str, Any] = {
        "id": caller_id,
        "kind": "workload",
        "groups": frozenset(groups),
        "issuer": "local",
        "claims": {},
        "expires_at": time.time() + 900,
    }
    return Caller(**(defaults | fields))


def build_call(
    method: str = "POST",
    path: str = "/v1/transfers",
    *,
    host: str = "vendor.test",
    body: bytes = b"",
    amount: str | None = None,
    **fields: Any,
) -> Call:
    """Return a call of ``stripe.transfers.create``; ``amount`` gives it money in USD (major units)."""
    request = build_request(method, path, body=body)
    defaults: dict[str, Any] = {
        "id": request.id,
        "caller": build_caller(),
        "function": Function("stripe", "transfers.create", "write", "form"),
        "params": {},
        "money": Money(Decimal(amount), "USD") if amount is not None else None,
        "digest": "0" * 64,
        "canonical": CanonicalRequest(method, host, path, (), body),
        "request": request,
    }
    return Call(**(defaults | fields))
