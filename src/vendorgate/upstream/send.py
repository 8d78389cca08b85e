"""Send an authorised call, exactly once, to the place its vendor has in the configuration."""

import asyncio
from collections.abc import Sequence

from vendorgate.model import AuthorizedCall, CanonicalRequest, Credential, RequestDraft, VendorResponse
from vendorgate.upstream.errors import UpstreamRefused
from vendorgate.upstream.pool import Pool
from vendorgate.upstream.spec import Origin

SWEEP_S = 0.5


class Upstream:
    """The pools of one worker, one a vendor."""

    def __init__(self, origins: Sequence[Origin], *, own: frozenset[tuple[str, int]] = frozenset()) -> None:
        self._pools = {origin.vendor: Pool(origin, own=own) for origin in origins}
        self._loop = asyncio.get_running_loop()
        self._sweeper = self._loop.call_later(SWEEP_S, self._sweep)

    async def send(self, authorized: AuthorizedCall, credential: Credential | None) -> VendorResponse:
        """Write the call once and return the vendor's answer.

        Raises ``UpstreamRefused``: with ``sent`` False nothing left the gateway; with ``sent`` True the vendor may have
        acted. Never retries, never follows a redirect.
        """
        request = authorized.call.canonical
        pool = self._pools[authorized.call.function.vendor]
        if request.host != pool.authority or (credential is not None and credential.host != request.host):
            raise UpstreamRefused(
                "credential_unavailable", "The credential is bound to another host. Nothing was sent."
            )
        data = render_request(request, credential)
        connection = pool.take_idle() or await pool.take()
        return await connection.send(data, head_only=request.method == "HEAD", timeout_s=pool.origin.timeout_s)

    def _sweep(self) -> None:
        now = self._loop.time()
        for pool in self._pools.values():
            pool.sweep(now)
        self._sweeper = self._loop.call_later(SWEEP_S, self._sweep)

    def close(self) -> None:
        """Let go of idle connections and stop to accept them back; calls in progress end by themselves."""
        for pool in self._pools.values():
            pool.close()

    def stop(self) -> None:
        """End the sweep as well: nothing is in progress any more."""
        self.close()
        self._sweeper.cancel()


def render_request(request: CanonicalRequest, credential: Credential | None) -> bytes:
    """Return the bytes of the request. The credential is attached last, after every other edit."""
    draft = RequestDraft(request.target, request.headers)
    if credential is not None:
        draft = credential.attach(draft)
    parts = [
        f"{request.method} {draft.target} HTTP/1.1\r\nhost: {request.host}\r\naccept-encoding: identity\r\n".encode(
            "ascii"
        )
    ]
    for name, value in draft.headers:
        parts += (name, b": ", value, b"\r\n")
    body = request.body
    if body or request.method in ("POST", "PUT", "PATCH"):
        parts.append(b"content-length: %d\r\n" % len(body))
    parts.append(b"\r\n")
    parts.append(body)
    return b"".join(parts)
