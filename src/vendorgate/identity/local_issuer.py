"""The built-in token issuer: for the first steps, development and tests, and where no OIDC issuer is at hand."""

import os
from collections.abc import Sequence

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from vendorgate.identity.jwks import KeySet, VerificationKey, parse_jwks
from vendorgate.identity.principal import KINDS, is_name
from vendorgate.identity.spec import IssuerSpec

TTL_LIMIT_S = 24 * 3600.0

LOCAL_SPEC = IssuerSpec(
    name="local",
    issuer="urn:vendorgate:local",
    audience="vendorgate",
    algorithms=("ES256",),
    subject="{sub}",
    groups_claim="groups",
)


class LocalIssuer:
    """Mints and knows tokens signed with the installation's own P-256 key (ES256)."""

    def __init__(self, pem: bytes) -> None:
        """``pem`` is PKCS#8. Raises ``ValueError`` when it holds no P-256 private key."""
        try:
            key = ECKey.import_key(pem)
        except JoseError as error:
            raise ValueError("the local issuer's key must be a P-256 private key") from error
        if not key.is_private or key.curve_name != "P-256":
            raise ValueError("the local issuer's key must be a P-256 private key")
        self._key = key
        self.kid = key.thumbprint()
        self.keys: KeySet = parse_jwks(orjson.dumps({"keys": [{**key.as_dict(private=False), "kid": self.kid}]}))

    def mint(
        self, *, subject: str, groups: Sequence[str], kind: str = "workload", ttl_s: float = 900, now: float
    ) -> str:
        """Return a token that ends ``ttl_s`` seconds after ``now`` (more than 0, at most a day).

        Raises ``ValueError`` for a subject, group, kind or lifetime that the gateway would not accept.
        """
        if not is_name(subject) or not all(is_name(group) for group in groups):
            raise ValueError("subject and groups are 1 to 512 printable characters")
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        if not 0 < ttl_s <= TTL_LIMIT_S:
            raise ValueError("a token lives at most 24 hours")
        claims = {
            "iss": LOCAL_SPEC.issuer,
            "aud": LOCAL_SPEC.audience,
            "sub": subject,
            "groups": list(groups),
            "kind": kind,
            "iat": int(now),
            "exp": int(now + ttl_s),
            "jti": os.urandom(16).hex(),
        }
        header = {"alg": "ES256", "typ": "JWT", "kid": self.kid}
        return jws.serialize_compact(header, orjson.dumps(claims), self._key, algorithms=["ES256"])

    async def find(self, algorithm: str, kid: str | None) -> VerificationKey | None:
        """Return the issuer's key when the token names it."""
        return self.keys.find(algorithm, kid)

    async def aclose(self) -> None:
        """Nothing to give up."""
