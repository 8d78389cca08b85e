"""A token issuer as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IssuerSpec:
    """Who may call: one OIDC token issuer."""

    name: str
    issuer: str
    audience: str
    jwks: str | None = None
    """A file path or an https URL; None means OpenID discovery."""
    algorithms: tuple[str, ...] = ("RS256",)
    kind: str = "workload"
    subject: str = "{sub}"
    groups: tuple[str, ...] = ()
    groups_claim: str | None = None
    require: tuple[tuple[str, object], ...] = ()
    allow_private: bool = False
    """The issuer may be plain http and on a private or loopback address."""
