"""Masks an answer that arrives in pieces: events one by one, anything else as a whole within a bound."""

from collections.abc import Callable

from vendorgate.masking.errors import MaskingRefused
from vendorgate.masking.events import EVENT_END

LIMIT_BYTES = 1024 * 1024
"""The longest event, and the longest body of another type, that is held to be masked."""


def _too_long() -> MaskingRefused:
    return MaskingRefused(
        "vendor_bad_response",
        "The vendor's answer is longer than can be masked while it streams; ask for a smaller one, or exempt the "
        "function from masking.response.",
        sent=True,
    )


class StreamMasker:
    """``feed`` pieces, ``flush`` at the end. Raises ``MaskingRefused`` from either."""

    def feed(self, chunk: bytes) -> bytes:
        """Take a piece and return what may leave now."""
        return chunk

    def flush(self) -> bytes:
        """Return the rest, at the end of the body."""
        return b""


class WholeMasker(StreamMasker):
    """Holds a body of up to 1 MiB and masks it at its end."""

    def __init__(self, mask: Callable[[bytes], bytes]) -> None:
        self._mask = mask
        self._held = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Hold a piece. Raises ``MaskingRefused`` beyond 1 MiB."""
        self._held += chunk
        if len(self._held) > LIMIT_BYTES:
            raise _too_long()
        return b""

    def flush(self) -> bytes:
        """Return the body masked."""
        data, self._held = bytes(self._held), bytearray()
        return self._mask(data) if data else b""


class EventMasker(StreamMasker):
    """Passes server-sent events on, each masked as soon as its blank line is there."""

    def __init__(self, mask: Callable[[bytes], bytes]) -> None:
        self._mask = mask
        self._held = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Return the events that ended. Raises ``MaskingRefused`` when one is longer than 1 MiB."""
        # Looking again only at the last three bytes keeps a long event in small chunks linear.
        search_from = max(0, len(self._held) - 3)
        self._held += chunk
        held = self._held
        out = []
        place = 0
        for match in EVENT_END.finditer(held, search_from):
            out.append(self._mask(bytes(held[place : match.end()])))
            place = match.end()
        del held[:place]
        if len(held) > LIMIT_BYTES:
            raise _too_long()
        return b"".join(out)

    def flush(self) -> bytes:
        """Return the last event, though its end is missing."""
        data, self._held = bytes(self._held), bytearray()
        return self._mask(data) if data else b""
