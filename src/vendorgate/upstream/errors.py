"""How a call fails between the gateway and the vendor; ``sent`` tells whether the vendor may have acted."""

from vendorgate.model import Refusal


class UpstreamRefused(Refusal):
    """The vendor could not be reached, did not answer in time, or answered unusably."""


def unreachable(vendor: str, why: str) -> UpstreamRefused:
    """Nothing was sent."""
    return UpstreamRefused("vendor_unreachable", f"{vendor} cannot be reached: {why}. Nothing was sent; try again.")


def outcome_unknown(vendor: str) -> UpstreamRefused:
    """Bytes were written and no usable answer came back."""
    return UpstreamRefused(
        "outcome_unknown",
        f"The call was sent to {vendor}, but the connection broke before the answer came. "
        "Ask the vendor whether it took effect before you repeat it.",
        sent=True,
    )


def timed_out(vendor: str) -> UpstreamRefused:
    """Bytes were written and the vendor stayed silent."""
    return UpstreamRefused(
        "vendor_timeout",
        f"The call was sent to {vendor}, which did not answer in time. "
        "Ask the vendor whether it took effect before you repeat it.",
        sent=True,
    )


def bad_response(vendor: str, why: str) -> UpstreamRefused:
    """The call was sent; its answer cannot be passed on."""
    return UpstreamRefused(
        "vendor_bad_response", f"{vendor}'s answer is unusable: {why}. The call was sent.", sent=True
    )
