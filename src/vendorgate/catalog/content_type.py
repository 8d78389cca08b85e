"""What a body is, as Content-Type says it (RFC 9110 section 8.3); exactly one reading or none."""

import re
from functools import lru_cache

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_MEDIA_TYPE = re.compile(
    rb"(" + _TOKEN + rb"/" + _TOKEN + rb")((?:[ \t]*;[ \t]*" + _TOKEN + rb"=(?:" + _TOKEN + rb'|"[^"\\]*"))*)[ \t]*;?'
)
_PARAMETER = re.compile(rb";[ \t]*(" + _TOKEN + rb")=(?:(" + _TOKEN + rb')|"([^"\\]*)")')

FORM = "form"
JSON = "json"
OTHER = "other"
MULTIPART = "multipart"
MALFORMED = "malformed"
CHARSET = "charset"
"""Kinds of a body. ``malformed`` has no reading; ``charset`` names another character set than UTF-8."""


@lru_cache(maxsize=512)
def body_kind(value: bytes) -> str:
    """Return the kind of body a Content-Type announces. Field values are bounded by the request reader."""
    found = _MEDIA_TYPE.fullmatch(value)
    if found is None:
        return MALFORMED
    names = set()
    for name, token, quoted in _PARAMETER.findall(found[2]):
        name = name.lower()
        if name in names:
            return MALFORMED
        names.add(name)
        if name == b"charset" and (token or quoted).lower() not in (b"utf-8", b"utf8"):
            return CHARSET
    media = found[1].lower()
    if media == b"application/x-www-form-urlencoded":
        return FORM
    if media == b"application/json" or (media.startswith(b"application/") and media.endswith(b"+json")):
        return JSON
    return MULTIPART if media.startswith(b"multipart/") else OTHER
