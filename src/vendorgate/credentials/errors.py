"""How this stage says no."""

from vendorgate.model import Refusal


class CredentialRefused(Refusal):
    """The vendor's credential cannot be had or cannot be used; nothing was sent. Reason ``credential_unavailable``."""


class CredentialProblem(ValueError):
    """A credential's settings or value make no sense. The message says what to do and never holds the value."""


class StoreUnavailable(Exception):
    """The credential store cannot be read or written. Raised by implementations of ``CredentialStore``."""
