"""The values that travel between the stages of a call.

Frozen, slotted, standard library only. Hot values are ``NamedTuple``s: as immutable as a frozen
dataclass, and three to five times cheaper to build (0.4 µs against 2 µs for twelve fields), which
matters because every call builds about eight of them.
"""

from vendorgate.model.call import (
    AuthorizedCall,
    Call,
    CanonicalRequest,
    Function,
    Money,
    Params,
    ParamValue,
)
from vendorgate.model.caller import Caller
from vendorgate.model.credential import Credential, RequestDraft, Secret
from vendorgate.model.decision import Decision, RuleOutcome
from vendorgate.model.reasons import REASONS, ReasonSpec, Refusal
from vendorgate.model.request import ClientRequest, Headers, new_call_id
from vendorgate.model.response import Answer, BodyStream, VendorResponse

__all__ = [
    "REASONS",
    "Answer",
    "AuthorizedCall",
    "BodyStream",
    "Call",
    "Caller",
    "CanonicalRequest",
    "ClientRequest",
    "Credential",
    "Decision",
    "Function",
    "Headers",
    "Money",
    "ParamValue",
    "Params",
    "ReasonSpec",
    "Refusal",
    "RequestDraft",
    "RuleOutcome",
    "Secret",
    "VendorResponse",
    "new_call_id",
]
