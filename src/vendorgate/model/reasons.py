"""The closed list of reasons a call can be refused for, and the one exception that carries one."""

from typing import NamedTuple


class ReasonSpec(NamedTuple):
    """What a reason means on the wire: HTTP status, short title, RFC 9209 error, and whether a retry can help."""

    status: int
    title: str
    proxy_error: str
    retryable: bool = False


REASONS: dict[str, ReasonSpec] = {
    "bad_request": ReasonSpec(400, "The request is malformed", "http_request_error"),
    "unauthenticated": ReasonSpec(401, "The caller is not known", "http_request_denied"),
    "denied": ReasonSpec(403, "A rule forbids this call", "http_request_denied"),
    "no_rule": ReasonSpec(403, "No rule allows this call", "http_request_denied"),
    "unknown_vendor": ReasonSpec(403, "The vendor is not configured", "destination_not_found"),
    "review_denied": ReasonSpec(403, "The call was not approved", "http_request_denied"),
    "review_expired": ReasonSpec(403, "Nobody answered in time", "http_request_denied"),
    "review_void": ReasonSpec(403, "The approval no longer fits the call", "http_request_denied"),
    "self_review": ReasonSpec(403, "Nobody approves their own call", "http_request_denied"),
    "review_pending": ReasonSpec(403, "The call waits for a person", "http_request_denied", True),
    "in_progress": ReasonSpec(409, "The call is already being sent", "http_request_denied", True),
    "too_large": ReasonSpec(413, "The request is over a limit", "http_request_error"),
    "unreadable_body": ReasonSpec(415, "The body cannot be read", "http_request_error"),
    "ambiguous_body": ReasonSpec(422, "The body has more than one meaning", "http_request_error"),
    "rate_limited": ReasonSpec(429, "Too many calls", "http_request_denied", True),
    "too_many_held": ReasonSpec(429, "Too many calls wait for a person", "http_request_denied", True),
    "budget_exceeded": ReasonSpec(429, "The budget is used up", "http_request_denied", True),
    "vendor_unreachable": ReasonSpec(502, "The vendor cannot be reached", "destination_unavailable", True),
    "vendor_bad_response": ReasonSpec(502, "The vendor's answer is unusable", "http_protocol_error"),
    "outcome_unknown": ReasonSpec(502, "The call was sent, its outcome is unknown", "connection_terminated"),
    "vendor_timeout": ReasonSpec(504, "The vendor did not answer in time", "connection_read_timeout"),
    "record_unavailable": ReasonSpec(503, "The call cannot be recorded", "proxy_internal_error", True),
    "credential_unavailable": ReasonSpec(503, "The vendor's credential is not available", "proxy_configuration_error"),
    "overloaded": ReasonSpec(503, "The gateway is busy", "connection_limit_reached", True),
}


class Refusal(Exception):
    """A call that goes no further. Each stage raises its own subclass of this.

    ``detail`` is a sentence for the caller that says what to do; it never holds a value from the
    request. ``status`` defaults to the reason's own (407 replaces 401 in forward-proxy mode).
    ``sent`` says whether bytes of the call may have reached the vendor.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        rule: str | None = None,
        status: int | None = None,
        sent: bool = False,
        close: bool = False,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        spec = REASONS[reason]
        self.reason = reason
        self.detail = detail
        self.rule = rule
        self.status = spec.status if status is None else status
        self.sent = sent
        self.close = close
        self.retry_after_s = retry_after_s

    @property
    def spec(self) -> ReasonSpec:
        """Title, RFC 9209 error and retryability of the reason."""
        return REASONS[self.reason]
