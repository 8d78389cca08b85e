"""``header:NAME``: the secret alone is the value of a field of the vendor's own."""

import re

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.credentials.schemes.scheme import Prepared, Scheme, attach_header
from vendorgate.model import Secret

# RFC 9110 section 5.6.2 token, without what no vendor uses.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_.]{0,63}")
_VALUE = re.compile(rb"[\x20-\x7e]+")
_OURS = frozenset(
    (
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Fields that frame or describe the message: a credential there would change what is sent."""


def _check(name: str | None) -> None:
    if name is None or not _NAME.fullmatch(name):
        raise CredentialProblem("needs the name of a header field after the colon, such as header:x-api-key")
    if name.lower() in _OURS:
        raise CredentialProblem(f"cannot use the field {name.lower()}, which the gateway itself writes or removes")


def _prepare(secret: Secret, name: str | None) -> Prepared:
    assert name is not None
    value = secret.reveal()
    if not _VALUE.fullmatch(value):
        raise CredentialProblem("has a character that is not ASCII, which a header field cannot have")
    return Prepared(attach_header(name.lower().encode(), value), (value,))


HEADER = Scheme("header", _check, _prepare)
