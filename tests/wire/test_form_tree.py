"""Forms in: one tree or a refusal; lists and nesting have one meaning; what is read is what is written."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendorgate.wire.form_tree import parse_form, read_form, render_form
from vendorgate.wire.tree_error import TreeError

GOOD = [
    (b"", {}),
    (b"a=1", {"a": "1"}),
    (b"a=1&b=2", {"a": "1", "b": "2"}),
    (b"a=", {"a": ""}),
    (b"a", {"a": ""}),
    (b"a=1&&b=2&", {"a": "1", "b": "2"}),
    (b"a=b=c", {"a": "b=c"}),
    (b"a=x+y%20z%2B", {"a": "x y z+"}),
    (b"a=%2520%40", {"a": "%20@"}),
    (b"a=%C3%A4%e2%82%ac", {"a": "ä€"}),
    (b"%61mount=1", {"amount": "1"}),
    (b"a=1%0A2%09%0d", {"a": "1\n2\t\r"}),
    ("a=ä".encode(), {"a": "ä"}),
    (b"a[b]=1", {"a": {"b": "1"}}),
    (b"a[b][c]=1&a[b][d]=2&a[e]=3", {"a": {"b": {"c": "1", "d": "2"}, "e": "3"}}),
    (b"a%5Bb%5D=1", {"a": {"b": "1"}}),
    (b"a[]=1", {"a": ["1"]}),
    (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
    (b"a[0]=1&a[1]=2", {"a": ["1", "2"]}),
    (b"a[b][]=1", {"a": {"b": ["1"]}}),
    (b"a[0][p]=x&a[0][q]=1&a[1][p]=y", {"a": [{"p": "x", "q": "1"}, {"p": "y"}]}),
    (b"a[0][]=1&a[0][]=2&a[1][]=3", {"a": [["1", "2"], ["3"]]}),
    (b"a.b=1", {"a.b": "1"}),
]

BAD = [
    (b"a=1&a=2", "$.a", True),
    (b"a=1&a=1", "$.a", True),
    (b"a=1&%61=2", "$.a", True),
    (b"a=1&a[]=2", "$.a", True),
    (b"a[]=1&a=2", "$.a", True),
    (b"a[b]=1&a=2", "$.a", True),
    (b"a=2&a[b]=1", "$.a", True),
    (b"a[b]=1&a[b]=2", "$.a.b", True),
    (b"a[b]=1&a[b][c]=2", "$.a.b", True),
    (b"a[b]=1&a[]=2", "$.a[]", True),
    (b"a[]=1&a[b]=2", "$.a.b", True),
    (b"a[]=1&a[1]=2", "$.a[1]", True),
    (b"a[0]=1&a[]=2", "$.a[]", True),
    (b"a[0]=1&a[0]=2", "$.a[0]", True),
    (b"a[0]=1&a[2]=2", "$.a[2]", True),
    (b"a[1]=1", "$.a[1]", True),
    (b"a[1]=1&a[0]=2", "$.a[1]", True),
    (b"a[0][p]=1&a[1][p]=2&a[0][q]=3", "$.a[0]", True),
    (b"a[][p]=1", "$", False),
    (b"a[00]=1", "$", False),
    (b"a[99999]=1", "$", False),
    (b"a[b=1", "$", False),
    (b"a]=1", "$", False),
    (b"[a]=1", "$", False),
    (b"a[b]c=1", "$", False),
    (b"a[b[c]]=1", "$", False),
    (b"=1", "$", False),
    (b"a=1;b=2", "$", False),
    (b"a;b=2", "$", False),
    (b"a=%00", "$.a", False),
    (b"a%00=1", "$", False),
    (b"a%0A=1", "$", False),
    (b"a=%1B", "$.a", False),
    (b"a=%7F", "$.a", False),
    (b"a=\x00", "$", False),
    (b"a=1\n", "$", False),
    (b"a= 1", "$", False),
    (b"a=%", "$", False),
    (b"a=%2", "$", False),
    (b"a=%zz", "$", False),
    (b"a=%u0031", "$", False),
    (b"a=%C0%AF", "$.a", False),
    (b"a=%E0%80%AF", "$.a", False),
    (b"a=%ED%A0%80", "$.a", False),
    (b"a=%FF", "$.a", False),
    (b"a%FF=1", "$", False),
    (b"a=\xff", "$", False),
    (b"a" + b"[b]" * 20 + b"=1", "$", False),
    (b"a=" + b"x" * 300_000, "$", False),
    (b"a" * 600 + b"[b]=1", "$", False),
    (b"&".join(b"a%d=1" % i for i in range(4_001)), "$", False),
]  # fmt: skip


@pytest.mark.parametrize(("body", "tree"), GOOD)
def test_a_form_has_one_reading(body: bytes, tree: object) -> None:
    found, text = parse_form(body.decode())
    assert found == tree == read_form(body)
    assert read_form(text.encode("ascii")) == tree
    assert read_form(render_form(found)) == tree


@pytest.mark.parametrize(("body", "place", "ambiguous"), BAD)
def test_a_form_with_none_or_two_readings_is_refused_at_its_place(body: bytes, place: str, ambiguous: bool) -> None:
    with pytest.raises(TreeError) as caught:
        read_form(body)
    assert (caught.value.place, caught.value.ambiguous) == (place, ambiguous)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a=1&b[]=2&b[]=3&c[0]=4", "a=1&b[]=2&b[]=3&c[0]=4"),
        ("a=x+y&b=x%20y&c=%40%C3%A4", "a=x+y&b=x%20y&c=%40%C3%A4"),
        ("%61=1", "a=1"),
        ("a=%c3%a4", "a=%C3%A4"),
        ("a=%41%7e", "a=A~"),
        ("a=ä", "a=%C3%A4"),
        ("a=1&&b=2&", "a=1&b=2"),
        ('a="x"&b[c]=<', "a=%22x%22&b%5Bc%5D=%3C"),
        ("a=%2520+&b=%61", "a=%2520+&b=a"),
    ],
)
def test_a_form_has_one_spelling(text: str, canonical: str) -> None:
    assert parse_form(text)[1] == canonical
    assert parse_form(canonical)[1] == canonical
    assert parse_form(canonical)[0] == parse_form(text)[0]


def test_a_dropped_parameter_is_in_neither_tree_nor_text() -> None:
    assert parse_form("a=1&key=SECRET&b=2", drop="key") == ({"a": "1", "b": "2"}, "a=1&b=2")
    assert parse_form("k%65y=SECRET", drop="key") == ({}, "")
    assert parse_form("key=a&key=b&c[]=1", drop="key") == ({"c": ["1"]}, "c%5B%5D=1")
    assert parse_form("keys=1", drop="key") == ({"keys": "1"}, "keys=1")


def test_declared_lists_may_be_repeated_plain_names() -> None:
    lists = frozenset(("to",))
    assert parse_form("to=a&to=b&cc=c", lists=lists) == ({"to": ["a", "b"], "cc": "c"}, "to=a&to=b&cc=c")
    for text in ("to=a&to[]=b", "to=a&to=b&to[]=c", "to[]=a&to=b", "cc=a&cc=b", "to[x]=1&to=2"):
        with pytest.raises(TreeError) as caught:
            parse_form(text, lists=lists)
        assert caught.value.ambiguous, text


def test_typed_trees_are_written_in_plain_notation() -> None:
    tree = {"a": Decimal("1E+4"), "b": True, "c": None, "d": -5, "e": [{"f": "x y"}]}
    assert render_form(tree) == b"a=10000&b=true&c=&d=-5&e%5B0%5D%5Bf%5D=x+y"  # type: ignore[arg-type]


@pytest.mark.parametrize("empty", [[], {}])
def test_a_form_cannot_say_an_empty_container(empty: object) -> None:
    with pytest.raises(ValueError, match="empty"):
        render_form({"a": empty})  # type: ignore[dict-item]


def test_a_place_never_shows_a_name_that_may_be_a_value() -> None:
    with pytest.raises(TreeError) as caught:
        read_form(b"n4242424242424242=1&n4242424242424242=2")
    assert "4242" not in str(caught.value)


_CHARS = st.characters(exclude_categories=("Cs", "Cc"))
_VALUES = st.text(_CHARS | st.sampled_from("\t\r\n"), max_size=10)
_KEYS = st.text(_CHARS.filter(lambda char: char not in "[]"), min_size=1, max_size=6).filter(
    lambda key: not (key.isascii() and key.isdigit())
)
_TREES = st.dictionaries(
    _KEYS,
    st.recursive(
        _VALUES,
        lambda below: st.lists(below, min_size=1, max_size=3) | st.dictionaries(_KEYS, below, min_size=1, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(_TREES)
def test_what_is_written_reads_as_the_same_tree(tree: dict[str, object]) -> None:
    assert read_form(render_form(tree)) == tree  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab=&[]%+;0123456789CA.\0 ä", max_size=30))
def test_any_text_is_read_or_refused_and_respelled_without_change(text: str) -> None:
    try:
        tree, canonical = parse_form(text)
    except TreeError:
        return
    assert parse_form(canonical) == (tree, canonical)
