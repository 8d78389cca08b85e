"""Small JSON documents of issuers over HTTPS: bounded in bytes and time, no redirects, public addresses only."""

import asyncio
import ssl
from typing import TYPE_CHECKING, Protocol

from vendorgate.identity.public_address import AddressRefused, resolve_public

if TYPE_CHECKING:
    import httpx2

LIMIT_BYTES = 64 * 1024
TOTAL_S = 5.0


class FetchFailed(Exception):
    """The document could not be had; the message says why and holds nothing of what came."""


class JwksFetch(Protocol):
    """Gets one document. The real one is ``HttpFetch``."""

    async def __call__(self, url: str, *, allow_private: bool) -> bytes:
        """Return the document's bytes. Raises ``FetchFailed``."""
        ...

    async def aclose(self) -> None:
        """Give up what is held; safe to call twice."""
        ...


class HttpFetch:
    """Fetches with httpx2, imported and built at first use (its TLS context costs some 20 ms)."""

    def __init__(self, *, total_s: float = TOTAL_S) -> None:
        self._total_s = total_s
        self._client: httpx2.AsyncClient | None = None

    async def __call__(self, url: str, *, allow_private: bool) -> bytes:
        """Return the body of a 200 answer of at most 64 KiB that came within 5 s. Raises ``FetchFailed``.

        The name is resolved here, all its addresses are checked, and a checked one is dialled: nobody can
        answer with another address in between. TLS still verifies the name.
        """
        import httpx2

        if self._client is None:
            self._client = await asyncio.to_thread(_build_client)
        try:
            async with asyncio.timeout(self._total_s):
                return await _get(self._client, url, allow_private=allow_private)
        except TimeoutError as error:
            raise FetchFailed(f"it took over {self._total_s:g} seconds") from error
        except AddressRefused as error:
            raise FetchFailed(str(error)) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise FetchFailed(f"the connection failed ({type(error).__name__})") from error

    async def aclose(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _build_client() -> "httpx2.AsyncClient":
    import httpx2

    # The system's roots, as for vendors, not those a Python package brings along.
    # No connection is kept: the pool would reuse one for another name at the same address, whose
    # certificate was never checked for that name. No proxy or netrc of the environment takes part.
    return httpx2.AsyncClient(
        verify=ssl.create_default_context(),
        follow_redirects=False,
        trust_env=False,
        limits=httpx2.Limits(max_keepalive_connections=0),
    )


async def _get(client: "httpx2.AsyncClient", text: str, *, allow_private: bool) -> bytes:
    import httpx2

    url = httpx2.URL(text)
    if url.scheme != "https" and not (allow_private and url.scheme == "http"):
        raise FetchFailed("its address is not https")
    if not url.host or url.userinfo:
        raise FetchFailed("its address names no host, or a user")
    port = url.port or (443 if url.scheme == "https" else 80)
    address = await resolve_public(url.host, port, allow_private=allow_private)
    request = client.build_request(
        "GET",
        url.copy_with(host=address),
        headers={"Host": url.netloc.decode("ascii"), "Accept": "application/json", "Accept-Encoding": "identity"},
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
    response = await client.send(request, stream=True)
    try:
        if response.status_code != 200:
            raise FetchFailed(f"it answered {response.status_code} (redirects are not followed)")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise FetchFailed("its answer is compressed, which was not asked for")
        return await _read(response)
    finally:
        await response.aclose()


async def _read(response: "httpx2.Response") -> bytes:
    pieces = bytearray()
    async for piece in response.aiter_raw():
        pieces += piece
        if len(pieces) > LIMIT_BYTES:
            raise FetchFailed(f"its answer is over {LIMIT_BYTES} bytes")
    return bytes(pieces)
