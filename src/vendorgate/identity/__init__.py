"""identify: who calls? A caller is known by an OIDC token of a configured issuer, and by nothing else."""

from vendorgate.identity.errors import IdentityRefused
from vendorgate.identity.identify import Identity
from vendorgate.identity.jwks_fetch import FetchFailed, HttpFetch, JwksFetch
from vendorgate.identity.local_issuer import LocalIssuer
from vendorgate.identity.spec import IssuerSpec

__all__ = ["FetchFailed", "HttpFetch", "Identity", "IdentityRefused", "IssuerSpec", "JwksFetch", "LocalIssuer"]
