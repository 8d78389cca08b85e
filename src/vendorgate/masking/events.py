"""Server-sent events (WHATWG HTML section 9.2): each event's data masked as one value, its other lines as text."""

import re

from vendorgate.masking.fields import FieldRules
from vendorgate.masking.scanner import Scanner, Tally
from vendorgate.masking.tree import mask_tree, parse_json, render_json

EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")
_LINE_END = re.compile(rb"(\r\n|\n|\r)")


def mask_json_or_text(raw: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> bytes:
    """Return ``raw`` masked as a JSON document when it is one, as text otherwise; unchanged bytes when clean."""
    if scanner.is_clean(raw) and (rules is None or not rules.may_match(raw)):
        return raw
    try:
        tree = parse_json(raw)
    except ValueError:
        return scanner.mask_bytes(raw, "", tally)
    before = sum(tally.counts.values())
    masked = mask_tree(tree, scanner, rules, tally)
    return raw if sum(tally.counts.values()) == before else render_json(masked)


def mask_event(raw: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> bytes:
    """Return one event, with the blank line that ends it, masked. Raises ``WorkExceeded``."""
    # A value can be split over data lines, which only the joined data shows.
    is_simple = raw.count(b"data:") < 2
    if is_simple and scanner.is_clean(raw) and (rules is None or not rules.may_match(raw)):
        return raw
    pieces = _LINE_END.split(raw)
    lines = pieces[::2]
    ends = [*pieces[1::2], b""]
    where = [index for index, line in enumerate(lines) if line.startswith(b"data:")]
    data = b"\n".join(lines[index][5:].removeprefix(b" ") for index in where)
    masked = mask_json_or_text(data, scanner, rules, tally)
    out = []
    for index, (line, end) in enumerate(zip(lines, ends, strict=True)):
        if masked is not data and index in where:
            if index == where[0]:
                # All data lines of the event come out in the place of its first.
                out += [b"data: " + part + end for part in masked.split(b"\n")]
            continue
        keep = line if index in where else scanner.mask_bytes(line, "", tally)
        out.append(keep + end)
    return b"".join(out)


def mask_events(raw: bytes, scanner: Scanner, rules: FieldRules | None, tally: Tally) -> bytes:
    """Return a sequence of events masked, the last of which may lack its end."""
    out = []
    place = 0
    for match in EVENT_END.finditer(raw):
        out.append(mask_event(raw[place : match.end()], scanner, rules, tally))
        place = match.end()
    if place < len(raw):
        out.append(mask_event(raw[place:], scanner, rules, tally))
    return b"".join(out)
