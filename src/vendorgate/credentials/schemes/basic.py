"""``basic``: the secret is ``user:password`` of HTTP Basic (RFC 7617)."""

import base64

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.credentials.schemes.scheme import Prepared, Scheme, attach_header, takes_no_name
from vendorgate.model import Secret

_ENOUGH_BYTES = 8


def _prepare(secret: Secret, name: str | None) -> Prepared:
    value = secret.reveal()
    user, colon, password = value.partition(b":")
    if not colon or not user:
        raise CredentialProblem("must be user:password, as HTTP Basic sends it")
    header = b"Basic " + base64.b64encode(value)
    # The user name is an account's public name (a Twilio account SID stands in every path and answer) and stays
    # readable, unless the password is too short to be the secret half.
    half = password if len(password) >= _ENOUGH_BYTES else user
    halves = (half,) if len(half) >= _ENOUGH_BYTES else ()
    return Prepared(attach_header(b"authorization", header), (value, *halves))


BASIC = Scheme("basic", takes_no_name, _prepare)
