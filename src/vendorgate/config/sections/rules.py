"""``rules``: the policy as written. Patterns and conditions are judged by ``policy`` itself, in ``check_rules``."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import yaml

from vendorgate.config.reader import Section
from vendorgate.config.sections.access import principal
from vendorgate.config.values import boolean, duration, integer, list_of, matching, one_of, prose, text
from vendorgate.policy.spec import ReviewSpec, RuleSpec

EFFECTS = ("allow", "review", "deny")
Check = Callable[[Sequence[RuleSpec]], Sequence[tuple[int, str, str]]]
_rule_id = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", "must be letters, digits, ., _ and -, at most 80 characters")
_who = list_of(text, empty="an empty list matches nobody: name somebody, or leave who out for everybody")
_call = list_of(text, empty="an empty list matches no function: name some, or leave call out for all listed ones")


class WrittenRule(NamedTuple):
    """A rule and the place of each of its settings."""

    spec: RuleSpec
    node: yaml.Node
    places: Mapping[str, yaml.Node]


def read_rules(root: Section) -> tuple[WrittenRule, ...]:
    """Read the section in the order of the file."""
    found: list[WrittenRule] = []
    lines: dict[str, int] = {}
    for node in root.items("rules"):
        section = root.source.section(node, "a rule")
        if section is None:
            continue
        with section:
            spec = _rule(section)
        if spec.id in lines:
            root.source.add(section.place("id"), f"the rule in line {lines[spec.id]} has this id already")
        elif spec.id:
            lines[spec.id] = spec.line
        places = {key: section.place(key) for key in ("who", "call", "when", "review", "effect", "id")}
        found.append(WrittenRule(spec, node, places))
    return tuple(found)


def check_rules(root: Section, rules: Sequence[WrittenRule], check: Check) -> None:
    """Add what ``check`` finds in patterns and conditions, where nothing was found before."""
    root.source.settle()
    for index, field, message in check([rule.spec for rule in rules]):
        rule = rules[index]
        root.source.add(_nearest(rule.places.get(field, rule.node), message), message)


def _nearest(node: yaml.Node, message: str) -> yaml.Node:
    """Return the item of a list that a message quotes, else the list."""
    if not isinstance(node, yaml.SequenceNode):
        return node
    quoted = [item for item in node.value if isinstance(item, yaml.ScalarNode) and repr(item.value) in message]
    return max(quoted, key=lambda item: len(item.value), default=node)


def _rule(section: Section) -> RuleSpec:
    effect = section.need("effect", one_of(EFFECTS), "")
    mode = section.get("mode", one_of(("enforce", "observe")), "enforce")
    return RuleSpec(
        id=section.need("id", _rule_id, ""),
        effect=effect or "deny",
        who=section.get("who", _who, None),
        call=section.get("call", _call, None),
        when=section.get("when", prose, None),
        about=section.get("about", prose, None),
        message=section.get("message", prose, None),
        observe=mode == "observe",
        review=_review(section, effect),
        line=section.node.start_mark.line + 1,
    )


def _review(section: Section, effect: str) -> ReviewSpec | None:
    node = section.find("review")
    if node is None:
        if effect == "review":
            section.source.add(section.node, 'effect: review needs who decides: review: {by: ["group:…"]}')
        return None
    if effect in ("allow", "deny"):
        section.source.add(node, "review stands only beside effect: review")
    below = section.open("review")
    if below is None:
        return None
    default = ReviewSpec()
    with below:
        review = ReviewSpec(
            by=below.need("by", list_of(principal, empty="must name who may decide"), ()),
            quorum=below.get("quorum", integer(1, 20), default.quorum),
            hold_s=below.get("hold", duration("0s", "1h"), default.hold_s),
            expires_s=below.get("expires", duration("1s", "30d"), default.expires_s),
            reason_required=below.get("reason_required", boolean, default.reason_required),
        )
        if review.hold_s > review.expires_s:
            section.source.add(below.place("hold"), "must not be longer than expires")
        people = {who for who in review.by if who.startswith("principal:") and "*" not in who}
        if len(people) == len(review.by) and 0 < len(people) < review.quorum:
            section.source.add(below.place("quorum"), "is more than the people who may decide")
        return review
