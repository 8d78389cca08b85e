"""Lease: find the vendor's secret, and attach it to the one request it is for.

``Credentials.lease`` is the stage. Sources say where secrets live (``sources/``, one file each), schemes how vendors
want them (``schemes/``, one file each). No other folder reveals a ``Secret``.
"""

from vendorgate.credentials.envelope import seal, unseal
from vendorgate.credentials.errors import CredentialProblem, CredentialRefused, StoreUnavailable
from vendorgate.credentials.lease import Binding, Credentials
from vendorgate.credentials.schemes import find_scheme
from vendorgate.credentials.spec import CredentialSpec
from vendorgate.credentials.store import CredentialStore, SealedSecret
from vendorgate.credentials.value import check_value, strip_newline

__all__ = [
    "Binding",
    "CredentialProblem",
    "CredentialRefused",
    "CredentialSpec",
    "CredentialStore",
    "Credentials",
    "SealedSecret",
    "StoreUnavailable",
    "check_value",
    "find_scheme",
    "seal",
    "strip_newline",
    "unseal",
]
