"""Multipart bodies (RFC 2046 section 5.1): each part masked by its own type; files that are no text by their size."""

import re

from vendorgate.masking.content import read_content_type, sniff
from vendorgate.masking.events import mask_json_or_text
from vendorgate.masking.fields import FieldRules
from vendorgate.masking.scanner import Scanner, Tally

_NAME = re.compile(rb"content-disposition:[^\r\n]{0,512}?;\s*name=(?:\"([^\"\r\n]*)\"|([^;\s]*))", re.IGNORECASE)
_TYPE = re.compile(rb"(?:\A|\n)content-type:[ \t]*([^\r\n]*)", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")


def mask_multipart(
    raw: bytes, boundary: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally, *, for_record: bool
) -> bytes:
    """Return the body with each part masked. ``for_record``: binary parts become ``[123 bytes]``."""
    delimiter = b"--" + boundary
    parts = raw.split(delimiter)
    masked = [scanner.mask_bytes(parts[0], "", tally)]
    masked += [_mask_part(part, scanner, rules, tally, for_record) for part in parts[1:]]
    return delimiter.join(masked)


def _mask_part(part: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally, for_record: bool) -> bytes:
    match = _HEAD_END.search(part)
    if match is None:
        return scanner.mask_bytes(part, "", tally)
    head, body = part[: match.end()], part[match.end() :]
    end = b"\r\n" if body.endswith(b"\r\n") else b"\n" if body.endswith(b"\n") else b""
    body = body[: len(body) - len(end)]
    named = _NAME.search(head)
    name = (named[1] or named[2] or b"").decode("utf-8", "replace") if named else ""
    typed = _TYPE.search(head)
    content = read_content_type(typed[1]) if typed else sniff(body)
    if content.form == "unknown":
        content = sniff(body)
    head = scanner.mask_bytes(head, "", tally)
    if rules is not None and body and rules.step(rules.start, name)[1]:
        tally.add("field")
        body = scanner.tokens.token("field", body.decode("utf-8", "replace")).encode()
    elif content.form == "binary":
        body = b"[%d bytes]" % len(body) if for_record else body
    elif content.form == "json":
        body = mask_json_or_text(body, scanner, rules, tally)
    else:
        body = scanner.mask_bytes(body, name, tally)
    return head + body + end
