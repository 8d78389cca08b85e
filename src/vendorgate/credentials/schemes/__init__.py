"""How vendors want their credential, one file a scheme. A new scheme is one file here and one line in ``SCHEMES``."""

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.credentials.schemes.basic import BASIC
from vendorgate.credentials.schemes.basic_user import BASIC_USER
from vendorgate.credentials.schemes.bearer import BEARER
from vendorgate.credentials.schemes.header import HEADER
from vendorgate.credentials.schemes.query import QUERY
from vendorgate.credentials.schemes.scheme import Attach, Prepared, Scheme

SCHEMES: tuple[Scheme, ...] = (BEARER, BASIC_USER, BASIC, HEADER, QUERY)


def find_scheme(attach: str) -> tuple[Scheme, str | None]:
    """Take a catalogue's ``attach`` apart into scheme and name. Raises ``CredentialProblem`` when it makes no sense."""
    word, colon, rest = attach.partition(":")
    name = rest if colon else None
    for scheme in SCHEMES:
        if scheme.name == word:
            try:
                scheme.check(name)
            except CredentialProblem as error:
                raise CredentialProblem(f"attach: {attach!r}: {word} {error}") from error
            return scheme, name
    known = ", ".join(scheme.name for scheme in SCHEMES)
    raise CredentialProblem(f"attach: {attach!r} is not a scheme: use one of {known}")


__all__ = ["SCHEMES", "Attach", "Prepared", "Scheme", "find_scheme"]
