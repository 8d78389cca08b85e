"""Which way a body is read, by its content type and, where that says nothing, by its first bytes."""

import re
from typing import NamedTuple

_PARAMETER = re.compile(rb";\s*([a-z0-9_\-]+)\s*=\s*(?:\"([^\"]*)\"|([^;\s]*))", re.IGNORECASE)
_BINARY = (b"image/", b"audio/", b"video/", b"font/", b"model/", b"application/vnd.")
_BINARY_TYPES = frozenset(
    (b"application/pdf", b"application/zip", b"application/gzip", b"application/x-tar", b"application/wasm")
)
_LINES = frozenset(
    (
        b"application/x-ndjson",
        b"application/ndjson",
        b"application/jsonl",
        b"application/x-jsonlines",
        b"application/jsonlines",
    )
)
_ASCII_SAFE = frozenset(
    (
        b"",
        b"utf-8",
        b"utf8",
        b"us-ascii",
        b"ascii",
        b"iso-8859-1",
        b"latin1",
        b"latin-1",
        b"windows-1252",
        b"iso-8859-15",
    )
)
_LONGEST_TYPE = 1024


class Content(NamedTuple):
    """How a body is read."""

    form: str
    """``json``, ``lines`` (JSON a line), ``form``, ``multipart``, ``sse``, ``text``, ``binary`` or ``unknown``."""
    charset: str | None = None
    """Set when the bytes have to be decoded first (UTF-16, EBCDIC …); None for every superset of ASCII."""
    boundary: bytes = b""


def read_content_type(content_type: bytes | None) -> Content:
    """Classify a Content-Type field (RFC 9110 section 8.3)."""
    if not content_type or len(content_type) > _LONGEST_TYPE:
        return Content("unknown")
    media = content_type.split(b";", 1)[0].strip().lower()
    parameters = {m[1].lower(): m[2] or m[3] or b"" for m in _PARAMETER.finditer(content_type)}
    charset = parameters.get(b"charset", b"").lower()
    encoding = None if charset in _ASCII_SAFE else charset.decode("latin-1")
    if media == b"application/json" or media.endswith(b"+json") or media == b"text/json":
        return Content("json", encoding)
    if media in _LINES:
        return Content("lines", encoding)
    if media == b"application/x-www-form-urlencoded":
        return Content("form", encoding)
    if media.startswith(b"multipart/") and parameters.get(b"boundary"):
        return Content("multipart", None, parameters[b"boundary"])
    if media == b"text/event-stream":
        return Content("sse", encoding)
    if (
        media.startswith(b"text/")
        or media.endswith(b"+xml")
        or b"xml" in media
        or b"javascript" in media
        or b"yaml" in media
    ):
        return Content("text", encoding)
    if media.startswith(_BINARY) or media in _BINARY_TYPES:
        return Content("binary")
    return Content("unknown", encoding)


def sniff(body: bytes) -> Content:
    """Classify a body whose type says nothing: JSON, text, UTF-16 text by its mark, or binary."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Content("text", "utf-16")
    head = body[:4096]
    if b"\x00" in head:
        return Content("binary")
    if head.lstrip()[:1] in (b"{", b"["):
        return Content("json")
    try:
        # A character may be cut at the end of the sample.
        head.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return Content("binary")
    return Content("text")
