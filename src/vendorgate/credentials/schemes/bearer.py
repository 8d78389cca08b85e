"""``bearer``: ``Authorization: Bearer SECRET`` (RFC 6750 section 2.1)."""

import re

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.credentials.schemes.scheme import Prepared, Scheme, attach_header, takes_no_name
from vendorgate.model import Secret

# Wider than RFC 6750's b64token, because vendors issue keys with other punctuation; a blank would end the token.
_TOKEN = re.compile(rb"[\x21-\x7e]+")


def _prepare(secret: Secret, name: str | None) -> Prepared:
    value = secret.reveal()
    if not _TOKEN.fullmatch(value):
        raise CredentialProblem("has a blank or a character that is not ASCII, which a bearer token cannot have")
    header = b"Bearer " + value
    return Prepared(attach_header(b"authorization", header), (value,), (header,))


BEARER = Scheme("bearer", takes_no_name, _prepare)
