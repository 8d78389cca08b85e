"""The gateway's own refusals as RFC 9457 problem documents with RFC 9209 Proxy-Status."""

import orjson

from vendorgate.model import Answer, Refusal


def render_problem(refusal: Refusal, *, call_id: str, vendor_status: int | None = None) -> Answer:
    """Return the answer a refused call gets. ``Vendorgate-Call-Id`` is added where answers are written."""
    spec = refusal.spec
    document: dict[str, object] = {
        "type": f"urn:vendorgate:problem:{refusal.reason}",
        "title": spec.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": f"urn:vendorgate:call:{call_id}",
        "reason": refusal.reason,
        "retryable": spec.retryable and not refusal.sent,
    }
    if refusal.rule is not None:
        document["rule"] = refusal.rule
    if spec.proxy_error.startswith(("destination", "connection", "http_protocol")):
        document["sent"] = refusal.sent
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"proxy-status", f"vendorgate; error={spec.proxy_error}".encode("ascii")),
        (b"cache-control", b"no-store"),
    ]
    if not document["retryable"]:
        headers.append((b"x-should-retry", b"false"))
    if refusal.retry_after_s is not None or refusal.status == 429:
        headers.append((b"retry-after", str(refusal.retry_after_s or 1).encode("ascii")))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="vendorgate"'))
    elif refusal.status == 407:
        headers.append((b"proxy-authenticate", b'Basic realm="vendorgate"'))
    return Answer(refusal.status, b"", tuple(headers), orjson.dumps(document))
