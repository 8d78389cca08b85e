"""Where an issuer's keys come from: a file, an https address, or OpenID discovery."""

from pathlib import Path
from typing import Protocol

from vendorgate.identity.jwks_fetch import LIMIT_BYTES, FetchFailed, JwksFetch
from vendorgate.identity.spec import IssuerSpec
from vendorgate.identity.strict_json import NotStrict, read_object

FILE_INTERVAL_S = 10.0
NETWORK_INTERVAL_S = 600.0
UNKNOWN_KID_INTERVAL_S = 60.0


class KeySource(Protocol):
    """One place keys come from."""

    interval_s: float
    """Seconds after which the keys are loaded again."""
    unknown_interval_s: float
    """Seconds between loads that tokens with an unknown kid may cause."""

    is_local: bool
    """Whether a load is so short that a call may wait for a refresh."""

    async def load(self) -> bytes:
        """Return the JWK Set's bytes. Raises ``FetchFailed``."""
        ...


class FileKeys:
    """A JWKS file, read again at most every ten seconds."""

    interval_s = FILE_INTERVAL_S
    unknown_interval_s = FILE_INTERVAL_S
    is_local = True

    def __init__(self, path: Path) -> None:
        self._path = path

    async def load(self) -> bytes:
        """Read the file; it is local and at most 64 KiB, so this does not leave the event loop."""
        try:
            with open(self._path, "rb") as file:  # noqa: ASYNC230 - see above
                data = file.read(LIMIT_BYTES + 1)
        except OSError as error:
            raise FetchFailed(f"the file cannot be read ({type(error).__name__})") from error
        if len(data) > LIMIT_BYTES:
            raise FetchFailed(f"the file is over {LIMIT_BYTES} bytes")
        return data


class UrlKeys:
    """A JWKS at a fixed address."""

    interval_s = NETWORK_INTERVAL_S
    unknown_interval_s = UNKNOWN_KID_INTERVAL_S
    is_local = False

    def __init__(self, url: str, *, fetch: JwksFetch, allow_private: bool) -> None:
        self._url = url
        self._fetch = fetch
        self._allow_private = allow_private

    async def load(self) -> bytes:
        """Fetch the set."""
        return await self._fetch(self._url, allow_private=self._allow_private)


class DiscoveredKeys:
    """A JWKS whose address the issuer's discovery document tells (OpenID Connect Discovery 1.0 section 4)."""

    interval_s = NETWORK_INTERVAL_S
    unknown_interval_s = UNKNOWN_KID_INTERVAL_S
    is_local = False

    def __init__(self, issuer: str, *, fetch: JwksFetch, allow_private: bool) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._allow_private = allow_private

    async def load(self) -> bytes:
        """Fetch the document, then the set it names; the document must speak for exactly this issuer."""
        url = self._issuer.removesuffix("/") + "/.well-known/openid-configuration"
        document = await self._fetch(url, allow_private=self._allow_private)
        try:
            found = read_object(document)
        except NotStrict as error:
            raise FetchFailed("its discovery document is not a JSON object with one meaning") from error
        if found.get("issuer") != self._issuer:
            raise FetchFailed("its discovery document speaks for another issuer")
        address = found.get("jwks_uri")
        if not isinstance(address, str):
            raise FetchFailed("its discovery document has no jwks_uri")
        return await self._fetch(address, allow_private=self._allow_private)


def key_source(spec: IssuerSpec, fetch: JwksFetch) -> KeySource:
    """Return the source that ``spec`` describes."""
    if spec.jwks is None:
        return DiscoveredKeys(spec.issuer, fetch=fetch, allow_private=spec.allow_private)
    if spec.jwks.startswith(("https://", "http://")):
        return UrlKeys(spec.jwks, fetch=fetch, allow_private=spec.allow_private)
    return FileKeys(Path(spec.jwks))
