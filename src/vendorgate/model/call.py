"""One call of a vendor's function: what policy judges, and the exact request that is sent if it may."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Union

from vendorgate.model.caller import Caller
from vendorgate.model.decision import Decision
from vendorgate.model.request import ClientRequest, Headers

ParamValue = Union[None, bool, int, Decimal, str, list["ParamValue"], dict[str, "ParamValue"]]
"""A value in a parameter tree. Numbers are ``int`` (64 bit) or exact ``Decimal``; never ``float``."""
Params = dict[str, ParamValue]


class Money(NamedTuple):
    """An amount in major units (exact) and its ISO 4217 currency in upper case."""

    value: Decimal
    currency: str


class Function(NamedTuple):
    """A vendor's function as the catalogue lists it, or ``unlisted``."""

    vendor: str
    name: str
    access: str
    """``read``, ``write`` or ``destroy``."""
    body: str
    """``form``, ``json``, ``multipart``, ``graphql``, ``none`` or (unlisted) ``any``."""
    sensitive: tuple[str, ...] = ()
    """Dotted parameter paths whose values are masked wherever they are stored."""
    idempotency: str | None = None
    """The vendor's idempotency header, when it has one."""
    listed: bool = True

    @property
    def full_name(self) -> str:
        """``vendor.function``, as rules write it."""
        return f"{self.vendor}.{self.name}"


class CanonicalRequest(NamedTuple):
    """The request as it will be sent, rendered from what policy reads; without credential and framing fields."""

    method: str
    host: str
    """The authority the vendor will see, from configuration."""
    target: str
    """Path and query as sent, including the base_url's own path."""
    headers: Headers
    """End-to-end fields kept from the caller, without token, cookies of ours, hop-by-hop, Host, Content-Length."""
    body: bytes


class Call(NamedTuple):
    """A parsed call. ``params`` is one tree from path, query and body."""

    id: str
    caller: Caller
    function: Function
    params: Mapping[str, ParamValue]
    money: Money | None
    digest: str
    """SHA-256 (hex) over method, host, target, content type and body of ``canonical``."""
    canonical: CanonicalRequest
    request: ClientRequest


class AuthorizedCall(NamedTuple):
    """A call that may be sent. Built only by ``policy.authorize``; ``upstream.send`` takes nothing else."""

    call: Call
    decision: Decision
