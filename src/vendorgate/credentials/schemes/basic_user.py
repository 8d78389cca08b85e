"""``basic-user``: the secret is the user name of HTTP Basic, the password is empty (RFC 7617)."""

import base64

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.credentials.schemes.scheme import Prepared, Scheme, attach_header, takes_no_name
from vendorgate.model import Secret


def _prepare(secret: Secret, name: str | None) -> Prepared:
    value = secret.reveal()
    if b":" in value:
        raise CredentialProblem("has a colon, which would end the user name of HTTP Basic")
    pair = value + b":"
    header = b"Basic " + base64.b64encode(pair)
    return Prepared(attach_header(b"authorization", header), (value,), (pair,))


BASIC_USER = Scheme("basic-user", takes_no_name, _prepare)
