"""What a secret may look like: judged when it is set and again whenever it is read."""

import re

from vendorgate.credentials.errors import CredentialProblem

LIMIT_BYTES = 16 * 1024
"""Longer than any API key, token or password a vendor issues, shorter than what a header may hold."""

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def check_value(value: bytes) -> None:
    """Raise ``CredentialProblem`` for a value that no scheme could send safely.

    Line breaks and NUL would let a value write header fields of its own (RFC 9110 section 5.5); blanks at the ends
    are lost on the wire, so they are always a slip of the pen.
    """
    if not value:
        raise CredentialProblem("is empty")
    if len(value) > LIMIT_BYTES:
        raise CredentialProblem(f"is longer than {LIMIT_BYTES:,} bytes")
    if _CONTROL.search(value):
        raise CredentialProblem("has a line break or another control character")
    if value[0] == 0x20 or value[-1] == 0x20:
        raise CredentialProblem("begins or ends with a blank")


def strip_newline(value: bytes) -> bytes:
    """Return the value without the one line end that editors and ``echo`` put after it."""
    if value.endswith(b"\r\n"):
        return value[:-2]
    return value[:-1] if value.endswith(b"\n") else value
