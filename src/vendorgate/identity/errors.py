"""Why a caller is not known. Details say what to do and never hold a value from the token or the request."""

from vendorgate.model import Refusal


class IdentityRefused(Refusal):
    """No token, or one that does not prove who calls: 401, or 407 in forward-proxy mode.

    ``lasting`` tells whether the same token would be refused again a few seconds later; only such a
    refusal may be remembered.
    """

    lasting = True


def refused(detail: str) -> IdentityRefused:
    """The token itself is at fault."""
    return IdentityRefused("unauthenticated", detail)


def refused_for_now(detail: str) -> IdentityRefused:
    """The token may be good: what it takes to know is not at hand."""
    refusal = IdentityRefused("unauthenticated", detail)
    refusal.lasting = False
    return refusal
