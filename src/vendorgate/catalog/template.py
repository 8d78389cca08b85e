"""Path templates: ``/v1/transfers/{transfer}``, ``/Accounts/{AccountSid}/Messages.json``, ``/{id}:cancel``."""

import re
from typing import NamedTuple

_LITERAL = r"[A-Za-z0-9\-._~!$&'()*+,=:@]"
_SEGMENT = re.compile(rf"({_LITERAL}*)\{{([A-Za-z_][A-Za-z0-9_\-]{{0,63}})\}}({_LITERAL}*)|({_LITERAL}+)")


class Segment(NamedTuple):
    """One part of a path between slashes: a literal, or a parameter with literal text around it."""

    literal: str | None
    name: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def weight(self) -> int:
        """How specific a segment is: any literal beats any parameter, more text around one beats less."""
        return 1_000_000 if self.literal is not None else len(self.prefix) + len(self.suffix)


def parse_template(template: str) -> tuple[Segment, ...]:
    """Return the segments of a template. Raises ``ValueError`` with a sentence that says what is wrong."""
    if not template.startswith("/"):
        raise ValueError("the path must start with /")
    segments: list[Segment] = []
    names: set[str] = set()
    for part in template[1:].split("/") if template != "/" else ():
        found = _SEGMENT.fullmatch(part)
        if found is None or part in (".", ".."):
            raise ValueError(
                f"the path segment {part!r} is neither text nor text around one {{name}}"
                if part
                else "the path has an empty segment (// or / at its end)"
            )
        prefix, name, suffix, literal = found.groups()
        if literal is not None:
            segments.append(Segment(literal))
            continue
        if name in names:
            raise ValueError(f"the path names {{{name}}} twice")
        names.add(name)
        segments.append(Segment(None, name, prefix, suffix))
    return tuple(segments)


def is_ambiguous(one: tuple[Segment, ...], other: tuple[Segment, ...]) -> bool:
    """Whether some path fits both templates and neither is more specific in the first place where they differ."""
    if len(one) != len(other) or not all(map(_overlap, one, other)):
        return False
    return all(a.weight == b.weight for a, b in zip(one, other, strict=True))


def _overlap(one: Segment, other: Segment) -> bool:
    if one.literal is not None and other.literal is not None:
        return one.literal == other.literal
    if one.literal is not None:
        return _fits(one.literal, other)
    if other.literal is not None:
        return _fits(other.literal, one)
    starts = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    return starts and (one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix))


def _fits(text: str, segment: Segment) -> bool:
    around = len(segment.prefix) + len(segment.suffix)
    return len(text) > around and text.startswith(segment.prefix) and text.endswith(segment.suffix)
