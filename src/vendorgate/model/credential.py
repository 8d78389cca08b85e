"""The vendor's credential while it travels to the one place that attaches it."""

from collections.abc import Callable
from typing import NamedTuple

from vendorgate.model.request import Headers


class Secret:
    """A secret value that shows itself to nobody by accident. Only ``credentials/`` calls ``reveal``."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


class RequestDraft(NamedTuple):
    """The request's last form before bytes: what a scheme may change."""

    target: str
    headers: Headers


class Credential(NamedTuple):
    """A leased credential, bound to one vendor's host."""

    name: str
    version: int
    host: str
    """The authority it may be sent to; ``send`` refuses any other."""
    attach: Callable[[RequestDraft], RequestDraft]
    """Adds the credential; runs after every other edit of the request."""
    needles: tuple[bytes, ...]
    """Every usual encoding of the secret, to be redacted from answers. Never logged."""

    def __repr__(self) -> str:
        return f"Credential(name={self.name!r}, version={self.version})"
