"""``query:NAME``: the secret stands in the query, percent-encoded, as the last parameter."""

import re
from urllib.parse import quote_from_bytes, unquote_plus

from vendorgate.credentials.errors import CredentialProblem, CredentialRefused
from vendorgate.credentials.schemes.scheme import Prepared, Scheme
from vendorgate.model import RequestDraft, Secret

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_.]{0,63}")


def _check(name: str | None) -> None:
    if name is None or not _NAME.fullmatch(name):
        raise CredentialProblem("needs the name of a query parameter after the colon, such as query:key")


def _prepare(secret: Secret, name: str | None) -> Prepared:
    assert name is not None
    value = secret.reveal()
    pair = f"{name}={quote_from_bytes(value, safe='')}"
    folded = name.lower()

    def attach(draft: RequestDraft) -> RequestDraft:
        target = draft.target
        path, mark, query = target.partition("?")
        if not mark:
            return RequestDraft(f"{target}?{pair}", draft.headers)
        for part in re.split("[&;]", query):
            # Which of two equal names a server believes differs, and some ignore case: neither is sent.
            if unquote_plus(part.partition("=")[0]).strip().lower() == folded:
                raise CredentialRefused(
                    "credential_unavailable",
                    f"The query already has a parameter {name!r}, where the gateway puts this vendor's credential. "
                    "Remove it from the request.",
                )
        return RequestDraft(f"{target}&{pair}" if query else f"{path}?{pair}", draft.headers)

    return Prepared(attach, (value,))


QUERY = Scheme("query", _check, _prepare)
