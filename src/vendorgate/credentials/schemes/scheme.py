"""What a scheme is: a way a vendor wants its credential, prepared once a secret and then applied to every call."""

from collections.abc import Callable
from typing import NamedTuple

from vendorgate.credentials.errors import CredentialProblem
from vendorgate.model import RequestDraft, Secret

Attach = Callable[[RequestDraft], RequestDraft]


class Prepared(NamedTuple):
    """A secret, made ready for one vendor."""

    attach: Attach
    secrets: tuple[bytes, ...]
    """What must not come back in an answer, in any encoding."""
    wrapped: tuple[bytes, ...] = ()
    """Longer texts that hold a secret and that the vendor gets whole: their base64 must not come back either."""


class Scheme(NamedTuple):
    """One way to attach a credential."""

    name: str
    """As catalogues write it, before the colon if there is one."""
    check: Callable[[str | None], None]
    """Judges what stands after the colon. Raises ``CredentialProblem``."""
    prepare: Callable[[Secret, str | None], Prepared]
    """Builds everything that does not depend on the call. Raises ``CredentialProblem`` for a value it cannot send."""


def takes_no_name(name: str | None) -> None:
    """Refuse ``scheme:NAME`` where the scheme has no name to give."""
    if name is not None:
        raise CredentialProblem("takes nothing after a colon")


def attach_header(name: bytes, value: bytes) -> Attach:
    """Return a function that sets one field, in place of any field of that name. ``name`` is in lower case."""
    pair = ((name, value),)

    def attach(draft: RequestDraft) -> RequestDraft:
        headers = draft.headers
        for field, _ in headers:
            if field == name:
                headers = tuple(other for other in headers if other[0] != name)
                break
        return RequestDraft(draft.target, headers + pair)

    return attach
