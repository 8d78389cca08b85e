"""An OIDC issuer with real keys: mints any token, good or hostile, and can serve discovery and JWKS on loopback."""

import base64
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import orjson
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

_ES_CURVES: dict[str, Literal["P-256", "P-384", "P-521"]] = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def b64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


class FakeIssuer:
    """``FakeIssuer().mint(sub="job")`` is a token; ``jwks_json()`` the keys that verify it.

    ``issuer=None`` takes the address it is served at as its name, as discovery demands.
    """

    def __init__(
        self,
        issuer: str | None = "https://issuer.test",
        alg: str = "RS256",
        *,
        audience: str = "vendorgate",
        kid: str | None = "key-1",
    ) -> None:
        self.alg = alg
        self.audience = audience
        self.kid = kid
        self.fetched: list[str] = []
        """Paths that were asked for while serving."""
        self._issuer = issuer
        self._key = _generate(alg)
        self._extra: list[dict[str, object]] = []

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens. Raises ``RuntimeError`` when it has no name yet."""
        if self._issuer is None:
            raise RuntimeError("this issuer is named by its address: use it inside `with issuer.serve()`")
        return self._issuer

    @property
    def private_pem(self) -> bytes:
        """The signing key, PKCS#8 PEM."""
        return self._key.as_bytes(encoding="PEM", private=True)

    @property
    def public_pem(self) -> bytes:
        """The verifying key, PEM: what key confusion uses as an HMAC secret."""
        return self._key.as_bytes(encoding="PEM", private=False)

    def rotate(self, kid: str | None) -> None:
        """Replace the key by a fresh one called ``kid``."""
        self._key = _generate(self.alg)
        self.kid = kid

    def add_jwk(self, jwk: Mapping[str, object]) -> None:
        """Publish one more key, as it is."""
        self._extra.append(dict(jwk))

    def public_jwk(self) -> dict[str, object]:
        """The current key as a JWK."""
        jwk: dict[str, object] = {**self._key.as_dict(private=False), "use": "sig", "alg": self.alg}
        return jwk if self.kid is None else {**jwk, "kid": self.kid}

    def jwks_json(self) -> bytes:
        """The JWK Set."""
        return orjson.dumps({"keys": [self.public_jwk(), *self._extra]})

    def claims(self, **claims: object) -> dict[str, object]:
        """The claims ``mint`` would use; a claim given as None is left out."""
        now = int(time.time())
        base: dict[str, object] = {
            "iss": self._issuer,
            "aud": self.audience,
            "sub": "job",
            "iat": now,
            "exp": now + 600,
            "jti": os.urandom(8).hex(),
        }
        return {name: value for name, value in {**base, **claims}.items() if value is not None}

    def header(self, **fields: object) -> dict[str, object]:
        """The header ``mint`` would use; a field given as None is left out."""
        base: dict[str, object] = {"alg": self.alg, "typ": "JWT", "kid": self.kid}
        return {name: value for name, value in {**base, **fields}.items() if value is not None}

    def mint(self, *, headers: Mapping[str, object] | None = None, **claims: object) -> str:
        """Return a signed token. Claims and header fields given as None are left out."""
        return self.sign(orjson.dumps(self.header(**(headers or {}))), orjson.dumps(self.claims(**claims)))

    def sign(self, header: bytes, payload: bytes) -> str:
        """Sign exactly these bytes with the issuer's key and algorithm, whatever the header says."""
        signing_input = f"{b64url(header)}.{b64url(payload)}"
        signature = JWSRegistry.algorithms[self.alg].sign(signing_input.encode("ascii"), self._key)
        return f"{signing_input}.{b64url(signature)}"

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve ``/jwks`` and ``/.well-known/openid-configuration``; yields the base URL."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        url = f"http://127.0.0.1:{server.server_address[1]}"
        named = self._issuer
        self._issuer = named or url
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)
            self._issuer = named


def _generate(alg: str) -> RSAKey | ECKey | OKPKey:
    if alg in _ES_CURVES:
        return ECKey.generate_key(_ES_CURVES[alg])
    if alg in ("EdDSA", "Ed25519"):
        return OKPKey.generate_key("Ed25519")
    return RSAKey.generate_key(2048)


def _handler(issuer: FakeIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetched.append(self.path)
            base = f"http://{self.headers['Host']}"
            if self.path == "/jwks":
                self._send(issuer.jwks_json())
            elif self.path == "/.well-known/openid-configuration":
                self._send(orjson.dumps({"issuer": issuer.issuer, "jwks_uri": f"{base}/jwks"}))
            else:
                self.send_error(404)

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    return Handler
