"""How the record says no."""

from vendorgate.model import Refusal


class AuditRefused(Refusal):
    """The call cannot be recorded durably, so it goes no further."""


def record_unavailable() -> AuditRefused:
    """Nothing of the call was sent."""
    return AuditRefused(
        "record_unavailable",
        "The call cannot be recorded, so nothing was sent. Try again; if it stays so, the gateway's operator "
        "should look at the disk that holds the record.",
    )


def outcome_not_recorded() -> AuditRefused:
    """The vendor answered, but the outcome could not be made durable: the answer is withheld.

    Not ``record_unavailable``: that reason promises that nothing was sent and invites a retry.
    """
    return AuditRefused(
        "outcome_unknown",
        "The call was sent and the vendor answered, but the outcome cannot be recorded, so the answer is withheld. "
        "Ask the vendor whether it took effect before you repeat it.",
        sent=True,
    )
