"""From verified claims to a caller: id, kind, groups and actor as the issuer's configuration says."""

import re
from collections.abc import Mapping, Sequence

from vendorgate.identity.errors import refused
from vendorgate.identity.spec import IssuerSpec
from vendorgate.model import Caller

NAME_LIMIT = 512
"""Characters of an id or a group."""
KINDS = ("workload", "human", "agent")

_PLACE = re.compile(r"\{([^{}]+)\}")


class Template:
    """Text with ``{claim}`` places, such as ``github:{repository}``. Raises ``ValueError`` for stray braces."""

    __slots__ = ("_literals", "_names")

    def __init__(self, text: str) -> None:
        pieces = _PLACE.split(text)
        self._literals = pieces[0::2]
        self._names = pieces[1::2]
        if any("{" in literal or "}" in literal for literal in self._literals):
            raise ValueError("a template's braces hold a claim's name: {repository}")

    def fill(self, claims: Mapping[str, object]) -> str:
        """Return the text with every place filled. Raises ``IdentityRefused`` naming the claim that does not fit."""
        pieces = [self._literals[0]]
        for name, literal in zip(self._names, self._literals[1:], strict=True):
            pieces += (_text(claims, name), literal)
        return _checked_name("".join(pieces), "the template's result")


class Principal:
    """Builds callers for one issuer."""

    __slots__ = ("_groups", "_groups_claim", "_kind", "_kind_claim", "_name", "_subject")

    def __init__(self, spec: IssuerSpec, *, kind_claim: str | None = None) -> None:
        self._name = spec.name
        self._kind = spec.kind
        self._kind_claim = kind_claim
        self._subject = Template(spec.subject)
        self._groups = [Template(text) for text in spec.groups]
        self._groups_claim = spec.groups_claim

    def caller(self, claims: dict[str, object], *, expires_at: float) -> Caller:
        """Return the caller that ``claims`` describe. Raises ``IdentityRefused``."""
        groups = [template.fill(claims) for template in self._groups]
        if self._groups_claim is not None:
            groups += _claimed_groups(claims, self._groups_claim)
        return Caller(
            id=self._subject.fill(claims),
            kind=self._kind if self._kind_claim is None else _claimed_kind(claims, self._kind_claim),
            groups=frozenset(groups),
            issuer=self._name,
            claims=claims,
            expires_at=expires_at,
            actor=_actor(claims),
        )


def find_claim(claims: Mapping[str, object], name: str) -> object:
    """Return the claim called ``name``, or None.

    A claim of exactly this name wins; else the longest leading part that is a claim holding an object is
    entered, so that ``kubernetes.io.namespace`` finds ``namespace`` in ``kubernetes.io``.
    """
    if name in claims:
        return claims[name]
    end = name.rfind(".")
    while end > 0:
        inner = claims.get(name[:end])
        if isinstance(inner, dict):
            return find_claim(inner, name[end + 1 :])
        end = name.rfind(".", 0, end)
    return None


def is_name(text: str) -> bool:
    """Whether ``text`` may be an id or a group: not empty, not too long, every character printable."""
    return 0 < len(text) <= NAME_LIMIT and text.isprintable()


def _text(claims: Mapping[str, object], name: str) -> str:
    value = find_claim(claims, name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int) and value != "":
        return _checked_name(str(value), f"the claim {name}")
    raise refused(f"The token lacks the claim {name} as text or a whole number, which names the caller.")


def _checked_name(text: str, what: str) -> str:
    if not is_name(text):
        raise refused(f"In the token, {what} is empty, too long or has characters that cannot be shown.")
    return text


def _claimed_groups(claims: Mapping[str, object], name: str) -> Sequence[str]:
    value = find_claim(claims, name)
    if value is None:
        return ()
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise refused(f"The token's claim {name} is not a list of group names.")
    for entry in listed:
        if not isinstance(entry, str) or not is_name(entry):
            raise refused(f"The token's claim {name} holds something that is not a group name.")
    return listed


def _claimed_kind(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or value not in KINDS:
        raise refused(f"The token's claim {name} is not one of workload, human and agent.")
    return value


def _actor(claims: Mapping[str, object]) -> str | None:
    """RFC 8693 section 4.1: only the outermost ``act`` is the current actor."""
    if "act" not in claims:
        return None
    act = claims["act"]
    subject = act.get("sub") if isinstance(act, dict) else None
    if not isinstance(subject, str) or not is_name(subject):
        raise refused("The token's act claim names no actor by sub.")
    return subject
