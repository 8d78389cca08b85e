"""The one error of the masking stage."""

from vendorgate.model import Refusal


class MaskingRefused(Refusal):
    """An answer that cannot be masked as configured, so it is not passed on."""


class WorkExceeded(Exception):
    """A text holds more suspicious places than one call may cost. The whole text is then withheld."""
