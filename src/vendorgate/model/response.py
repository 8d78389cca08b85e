"""The vendor's answer, and what of it goes to the caller."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from vendorgate.model.request import Headers


class BodyStream(Protocol):
    """A body that arrives in pieces, with back-pressure: the next piece is read when it is asked for."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield pieces as the vendor sends them; raises ``Refusal`` when the vendor breaks off."""
        ...

    async def aclose(self) -> None:
        """Give the connection up; safe to call twice."""
        ...


class VendorResponse(NamedTuple):
    """A vendor's answer. Exactly one of ``body`` and ``stream`` is set."""

    status: int
    reason: bytes
    headers: Headers
    """Hop-by-hop and framing fields already removed."""
    body: bytes | None
    stream: BodyStream | None = None


class Answer(NamedTuple):
    """What the caller gets: the vendor's answer after redaction and masking. One of ``body`` and ``stream`` is set."""

    status: int
    reason: bytes
    headers: Headers
    body: bytes | None
    stream: BodyStream | None = None
