"""What a call moves: an exact amount in major units, and a currency. Never a guess: what is odd is refused."""

from collections.abc import Mapping
from decimal import Decimal

from vendorgate.catalog.currency import EXPONENTS
from vendorgate.catalog.spec import MoneySpec
from vendorgate.model import Money, ParamValue
from vendorgate.wire.tree_error import TreeError, render_place


class MoneyReader:
    """Reads a function's money from its typed parameters."""

    __slots__ = ("_amount", "_currency", "_fixed", "_minor")

    def __init__(self, spec: MoneySpec) -> None:
        self._amount = tuple(spec.amount.split("."))
        self._fixed = spec.currency[1:].upper() if spec.currency.startswith("=") else None
        self._currency = () if self._fixed else tuple(spec.currency.split("."))
        self._minor = spec.unit == "minor"

    def read(self, params: Mapping[str, ParamValue]) -> Money | None:
        """Return the money, None when no amount is sent. Raises ``TreeError`` when it has no one meaning."""
        amount = _find(params, self._amount)
        if amount is _ABSENT:
            return None
        if type(amount) is not int and type(amount) is not Decimal:
            raise TreeError(render_place(*self._amount), "must be a number.")
        currency: object = self._fixed
        if currency is None:
            currency = _find(params, self._currency)
            if type(currency) is str and len(currency) == 3 and currency.isascii():
                currency = currency.upper()
        exponent = EXPONENTS.get(currency) if type(currency) is str else None
        if exponent is None:
            raise TreeError(render_place(*self._currency), "must be an ISO 4217 code, because an amount is sent.")
        assert isinstance(currency, str)
        if not self._minor:
            return Money(Decimal(amount), currency)
        if type(amount) is Decimal:
            if amount != int(amount):
                raise TreeError(render_place(*self._amount), "must be a whole number of the currency's minor unit.")
            amount = int(amount)
        return Money(Decimal(amount).scaleb(-exponent), currency)


_ABSENT = object()


def _find(params: Mapping[str, ParamValue], path: tuple[str, ...]) -> object:
    if len(path) == 1:
        return params.get(path[0], _ABSENT)
    node: object = params
    for step in path:
        if not isinstance(node, dict) or step not in node:
            return _ABSENT
        node = node[step]
    return node
