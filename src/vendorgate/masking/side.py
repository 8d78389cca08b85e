"""One half of the masking configuration, compiled: for the record, or for what the caller gets."""

from vendorgate.masking.content import Content
from vendorgate.masking.events import mask_events, mask_json_or_text
from vendorgate.masking.fields import FieldRules, rules_for
from vendorgate.masking.form_body import mask_form
from vendorgate.masking.multipart_body import mask_multipart
from vendorgate.masking.scanner import Scanner, Tally
from vendorgate.masking.spec import MaskSpec
from vendorgate.masking.tokens import Tokeniser
from vendorgate.masking.tree import mask_tree, parse_json, render_json
from vendorgate.model import Function

_FUNCTIONS_LIMIT = 10_000
_NESTING_LIMIT = 8
"""JSON in a string in JSON …: deeper it is read as text."""


class Side:
    """One specification compiled: its scanner, and the field rules of each function seen."""

    def __init__(self, spec: MaskSpec, tokens: Tokeniser, *, for_record: bool) -> None:
        self.scanner = Scanner(spec.detect, tokens, for_record=for_record)
        self.scanner.nested = self._nested
        self._fields = spec.fields
        self._for_record = for_record
        self._rules: dict[tuple[str, str], FieldRules | None] = {}

    def rules(self, function: Function) -> FieldRules | None:
        """Return the field rules of a function, or None."""
        key = (function.vendor, function.name)
        try:
            return self._rules[key]
        except KeyError:
            rules = rules_for(function.full_name, self._fields, function.sensitive if self._for_record else ())
            if len(self._rules) < _FUNCTIONS_LIMIT:
                self._rules[key] = rules
            return rules

    def applies(self, function: Function) -> bool:
        """Whether anything could be masked in this function's messages."""
        return bool(self.scanner.detectors) or self.rules(function) is not None

    def _nested(self, raw: bytes, tally: Tally, depth: int) -> bytes | None:
        if depth < 0 or tally.nesting >= _NESTING_LIMIT:
            return None
        try:
            tree = parse_json(raw)
        except ValueError:
            return None
        before = sum(tally.counts.values())
        tally.nesting += 1
        masked = mask_tree(tree, self.scanner, None, tally)
        tally.nesting -= 1
        return None if sum(tally.counts.values()) == before else render_json(masked)

    def mask_body(
        self, content: Content, body: bytes, rules: FieldRules | None, tally: Tally, *, for_record: bool
    ) -> bytes:
        """Return a whole body masked, in its own format. Raises ``WorkExceeded``."""
        scanner = self.scanner
        if content.form == "json":
            return mask_json_or_text(body, scanner, rules, tally)
        if content.form == "lines":
            lines = body.split(b"\n")
            return b"\n".join(mask_json_or_text(line, scanner, rules, tally) if line else line for line in lines)
        if content.form == "form":
            return mask_form(body, scanner, rules, tally)
        if content.form == "sse":
            return mask_events(body, scanner, rules, tally)
        if content.form == "multipart":
            return mask_multipart(body, content.boundary, scanner, rules, tally, for_record=for_record)
        return scanner.mask_bytes(body, "", tally)
