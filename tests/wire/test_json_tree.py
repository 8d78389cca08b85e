"""JSON in: one exact tree or a refusal that says where; what is read is what is written."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendorgate.wire.json_tree import read_json, render_json
from vendorgate.wire.tree_error import TreeError

GOOD = [
    (b'{"a":1}', {"a": 1}),
    (b' \t\r\n{"a" : [1, 2.50, true, null, "x"]} \n', {"a": [1, Decimal("2.50"), True, None, "x"]}),
    (b'{"amount":1e4}', {"amount": Decimal(10000)}),
    (b'{"amount":10000.0}', {"amount": Decimal(10000)}),
    (b'{"a":9223372036854775807}', {"a": 2**63 - 1}),
    (b'{"a":-9223372036854775808}', {"a": -(2**63)}),
    (b'{"a":0.000001}', {"a": Decimal("0.000001")}),
    (b'{"a":123456789.123456}', {"a": Decimal("123456789.123456")}),
    (b'{"a":0.0}', {"a": Decimal(0)}),
    (b'{"\\u0061":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    ('{"ä":"\u2028"}'.encode(), {"ä": "\u2028"}),
    (b'{"a":{"x":1},"b":{"x":1}}', {"a": {"x": 1}, "b": {"x": 1}}),
    (b"[]", []),
    (b'"x"', "x"),
    (b"7", 7),
]

BAD = [
    (b'{"a":1,"a":2}', "$.a", True),
    (b'{"am\\u006funt":1,"amount":2}', "$.amount", True),
    (b'{"items":[{},{},{},{"amount":1,"amount":1}]}', "$.items[3].amount", True),
    (b'[[{"a":{"b":1,"b":2}}]]', "$[0][0].a.b", True),
    (b'{"a":NaN}', "$.a", False),
    (b'{"a":[Infinity]}', "$.a[0]", False),
    (b'{"a":-Infinity}', "$.a", False),
    (b'{"a":-0}', "$.a", False),
    (b'{"a":-0.0}', "$.a", False),
    (b'{"a":-0e5}', "$.a", False),
    (b'{"a":1E400}', "$.a", False),
    (b'{"a":1e-400}', "$.a", False),
    (b'{"a":0e999999999}', "$.a", False),
    (b'{"a":1e999999999999999999999}', "$.a", False),
    (b'{"a":9223372036854775808}', "$.a", False),
    (b'{"a":-9223372036854775809}', "$.a", False),
    (b'{"a":' + b"9" * 100_000 + b"}", "$.a", False),
    (b'{"a":1.' + b"0" * 100_000 + b"}", "$.a", False),
    (b'{"a":1.0000000000000001}', "$.a", False),
    (b'{"b":{"a":"\\ud800"}}', "$.b.a", False),
    (b'{"a":["\\udc00x"]}', "$.a[0]", False),
    (b'{"a":"x\\u0000"}', "$.a", False),
    (b'{"a\\u0000":1}', "$[…]", False),
    (b'{"a":01}', "$", False),
    (b'{"a":+1}', "$", False),
    (b'{"a":0x10}', "$", False),
    (b'{"a":.5}', "$", False),
    (b'{"a":5.}', "$", False),
    ('{"a":１０}'.encode(), "$", False),
    (b'{"a":1,}', "$", False),
    (b"{'a':1}", "$", False),
    (b'{"a":1}/**/', "$", False),
    (b'{"a":1}{"a":2}', "$", False),
    (b'{"a":"\n"}', "$", False),
    (b'{"a":"\\x41"}', "$", False),
    (b'\xef\xbb\xbf{"a":1}', "$", False),
    (b'{"a":"\xff"}', "$", False),
    (b'{"a":"\xc0\xaf"}', "$", False),
    (b'{"a":"\xed\xa0\x80"}', "$", False),
    ('{"a":1}'.encode("utf-16"), "$", False),
    (b"", "$", False),
    (b"   ", "$", False),
    (b"\xc2\xa0{}", "$", False),
    (b"\x00{}", "$", False),
]  # fmt: skip


@pytest.mark.parametrize(("body", "tree"), GOOD)
def test_json_has_one_reading(body: bytes, tree: object) -> None:
    found = read_json(body, depth=64)
    assert found == tree
    assert read_json(render_json(found), depth=64) == tree


@pytest.mark.parametrize(("body", "place", "ambiguous"), BAD)
def test_json_with_none_or_two_readings_is_refused_at_its_place(body: bytes, place: str, ambiguous: bool) -> None:
    with pytest.raises(TreeError) as caught:
        read_json(body, depth=64)
    assert (caught.value.place, caught.value.ambiguous) == (place, ambiguous)


def test_numbers_are_never_floats() -> None:
    tree = read_json(b"[0.1,1e4,100,1.10]", depth=4)
    assert isinstance(tree, list)
    assert [type(item) for item in tree] == [Decimal, Decimal, int, Decimal]
    assert render_json(tree) == b"[0.1,10000,100,1.10]"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_depth_is_checked_before_parsing(opening: bytes) -> None:
    with pytest.raises(TreeError, match="nested deeper"):
        read_json(opening * 9_000, depth=64)


def test_depth_counts_levels_not_brackets() -> None:
    wide = b"[" + b",".join([b"{}"] * 500) + b"]"
    assert read_json(wide, depth=2) == [{}] * 500
    deep = b"[" * 64 + b"]" * 64
    assert read_json(deep, depth=64)
    with pytest.raises(TreeError, match="nested deeper"):
        read_json(b"[" + deep + b"]", depth=64)


def test_brackets_in_strings_are_no_depth() -> None:
    text = "[{" * 500 + '\\"[[' * 100
    assert read_json(json.dumps({"a": text}).encode(), depth=1) == {"a": text}


def test_keys_and_values_are_bounded() -> None:
    keys = json.dumps({f"k{i}": i for i in range(10_001)}).encode()
    with pytest.raises(TreeError, match="over 10,000 keys"):
        read_json(keys, depth=4)
    assert read_json(keys, depth=4, limit_keys=10_001)
    with pytest.raises(TreeError, match="values"):
        read_json(b"[" + b"1," * 50_001 + b"1]", depth=4)
    assert read_json(json.dumps({"text": ",:" * 300_000}).encode(), depth=4)


def test_unterminated_strings_cost_one_pass() -> None:
    with pytest.raises(TreeError):
        read_json(b'{"a":"' + b'\\"' * 1_000_000, depth=4)


def test_a_place_never_shows_a_key_that_may_be_a_value() -> None:
    with pytest.raises(TreeError) as caught:
        read_json(b'{"4242424242424242":{"x":1,"x":1}}', depth=4)
    assert "4242" not in str(caught.value)
    assert caught.value.place == "$[…].x"


_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-9_999_999_999, max_value=9_999_999_999
).filter(lambda number: not number.is_signed() or number != 0)
_TREES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(_TEXT, below, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(_TREES)
def test_what_is_written_reads_as_the_same_tree(tree: object) -> None:
    assert read_json(render_json(tree), depth=64) == tree  # type: ignore[arg-type]
    assert read_json(render_json(tree), depth=64) == json.loads(render_json(tree), parse_float=Decimal)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:\\u01eE-.atrufalsn ', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        tree = read_json(body, depth=8)
    except TreeError:
        return
    assert read_json(render_json(tree), depth=8) == tree
