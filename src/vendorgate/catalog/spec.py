"""A vendor's catalogue as data: what a catalogue file says, checked and typed, before it is compiled for matching."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MoneySpec:
    """Where a function's money stands in its parameters."""

    amount: str
    """Dotted parameter path of the amount."""
    currency: str
    """Dotted parameter path of the currency, or ``=USD`` for a fixed one."""
    unit: str = "minor"
    """``minor`` or ``major``."""


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One listed function."""

    name: str
    method: str
    template: str
    """Path with ``{name}`` segments, starting with ``/``."""
    access: str
    body: str = "none"
    params: tuple[tuple[str, str], ...] = ()
    """Dotted name and type: integer, number, string, boolean, array, object, or ``TYPE[]``… see the reference."""
    money: MoneySpec | None = None
    sensitive: tuple[str, ...] = ()
    idempotency: str | None = None


@dataclass(frozen=True, slots=True)
class VendorCatalog:
    """All listed functions of one vendor and how its credential is attached."""

    vendor: str
    base_url: str | None
    attach: str
    """``bearer``, ``basic-user``, ``basic``, ``header:NAME``, ``query:NAME``."""
    functions: tuple[FunctionSpec, ...]
    sensitive: tuple[str, ...] = ()
