"""Answers as HTTP/1.1 bytes (RFC 9112), framed by us and never by what the vendor said about its own framing."""

from http import HTTPStatus

from vendorgate.model import Answer

_REASONS = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
_STATUS_LINES = {code: b"HTTP/1.1 %d %s\r\n" % (code, phrase) for code, phrase in _REASONS.items()}


def has_no_body(method: str, status: int) -> bool:
    """Whether RFC 9112 section 6.3 forbids a body: answers to HEAD, 1xx, 204 and 304."""
    return method == "HEAD" or status in (204, 304) or status < 200


def render_head(answer: Answer, *, call_id: str, framing: bytes, close: bool) -> bytes:
    """Return status line and fields; ``framing`` is the whole framing field line, or nothing."""
    parts = [_STATUS_LINES.get(answer.status) or b"HTTP/1.1 %d %s\r\n" % (answer.status, answer.reason)]
    for name, value in answer.headers:
        parts += (name, b": ", value, b"\r\n")
    parts += (b"vendorgate-call-id: ", call_id.encode("ascii"), b"\r\n", framing)
    parts.append(b"connection: close\r\n\r\n" if close else b"\r\n")
    return b"".join(parts)
