"""What the body of a page may be: every number and field that JSON Schema allows, as the generated models read it."""

import copy
import json
import pickle
import re
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apitally_traffic import GetTrafficResponse, ResponseError
from apitally_traffic._decoding import decode_page, joined, to_rows
from apitally_traffic._json import parse_and_check
from tests.wrappers.page_body import body, first_item

Json = dict[str, Any]
COUNTS = ("requests", "bytes_received", "bytes_sent")

instants = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(-timedelta(hours=5)), timezone(timedelta(hours=5.75))])
)
counts = st.integers(0, 2**63 - 1)
unknown = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=3
    ),
    max_size=2,
)
written_rows = st.builds(
    lambda more, start, end, numbers: (
        more
        | {"period_start": start.isoformat(), "period_end": end.isoformat()}
        | dict(zip(COUNTS, numbers, strict=True))
    ),
    unknown,
    instants,
    instants,
    st.tuples(counts, counts, counts),
)


@given(more=unknown, data=st.lists(written_rows, max_size=4), token=st.none() | st.text())
def test_decoding_agrees_with_the_generated_models(more: Json, data: list[Json], token: str | None) -> None:
    """A page that fits the schema becomes what the generated models make of it, to the last field and digit."""
    document = more | {"data": data, "has_more": token is not None, "next_token": token}
    decoded = decode_page(json.dumps(document).encode()).to_response()
    assert decoded == GetTrafficResponse.from_dict(document)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("1.0", 1),
        ("1e2", 100),
        ("0.1E+1", 1),
        ("-0.0", 0),
        ("0e0", 0),
        ("0e99999999999999999999", 0),
        ("-0.0E+9999999999", 0),
        ("9007199254740993", 2**53 + 1),
        ("9007199254740993.0", 2**53 + 1),
        ("9007199254740993.000e0", 2**53 + 1),
        ("9223372036854775807.0", 2**63 - 1),
    ],
)
def test_integers_in_any_notation(written: str, count: int) -> None:
    """JSON Schema counts any number without a fraction as an integer, and none loses a digit."""
    item = first_item(body(written))
    assert (item.requests, type(item.requests)) == (count, int)


@pytest.mark.parametrize(
    "written", ["1.5", "1e-1", "1e400", "1e999999999", "1e99999999999999999999", "9" * 5000, "NaN"]
)
def test_numbers_that_are_no_counts(written: str) -> None:
    """A fraction, and a number beyond 64 bits, is refused with its place, and in no time."""
    with pytest.raises(ResponseError, match=r"`data\[0\].requests`"):
        first_item(body(written))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("1e400", "Expected `int` <= 9223372036854775807"),
        ("9" * 5000, "Expected `int` <= 9223372036854775807"),
        ("-1e400", "Expected `int` >= 0"),
        ("-" + "9" * 5000, "Expected `int` >= 0"),
    ],
)
def test_the_error_says_on_which_side_a_number_is_out_of_bounds(written: str, sentence: str) -> None:
    """A number that no float can hold is called too large or too small, not a number of a wrong type."""
    with pytest.raises(ResponseError, match=re.escape(f"breaks the schema: {sentence} - at `data[0].requests`")):
        first_item(body(written))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e400", float("inf")),
        ("-1e99999999999999999999", float("-inf")),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("9" * 400, int("9" * 400)),
        ("9" * 401, float("inf")),
        ("9" * 5000, float("inf")),
        ("Infinity", float("inf")),
        ("[1e400, 2.515680477992437e+16]", [float("inf"), 2.515680477992437e16]),
        ("1.5", 1.5),
        (r'"\ud800"', "\ud800"),
        ("[" * 50 + "]" * 50, json.loads("[" * 50 + "]" * 50)),
    ],
)
def test_no_value_of_an_unknown_field_loses_the_page(written: str, value: object) -> None:
    """A field that the schema does not have may have any value; the items and the value are kept."""
    item = first_item(body(extra=f', "unknown": {written}'))
    assert item.requests == 5
    assert item.additional_properties == {"unknown": value}


def test_an_unknown_number_beside_an_integer_in_another_notation() -> None:
    """Where a count is written as `5.0`, the unknown fields are read once more, and a huge number is infinite again."""
    item = first_item(body("5.0", extra=', "unknown": 1e400'))
    assert (item.requests, item.additional_properties) == (5, {"unknown": float("inf")})


@pytest.mark.parametrize("content", [b"5", b"-1.5", b'"a"', b"null", b"true", b"[]"])
def test_a_body_that_is_no_object(content: bytes) -> None:
    """JSON that is not a page is refused as such."""
    with pytest.raises(ResponseError, match="breaks the schema: Expected `object`, got"):
        first_item(content)


@pytest.mark.parametrize("before", ["", ', "huge": 1e400', r', "half": "\ud800"', r', "text": "\\ud800\ud83d\ude00"'])
def test_a_syntax_error_is_named_with_its_place(before: str) -> None:
    """A body that is not JSON is refused with the reason and the byte, and not for what is before it."""
    content = body(extra=f'{before}, "unknown": }}')
    with pytest.raises(
        ResponseError, match=rf"JSON is malformed: invalid character \(byte {content.index(b': }') + 2}\)"
    ):
        first_item(content)


def test_a_number_that_no_float_can_hold_beside_an_odd_name() -> None:
    """It is refused for its size, whatever the names of unknown fields are."""
    content = body(count="1e400").replace(b'{"data"', rb'{"\ud800": 1, "data"')
    with pytest.raises(ResponseError, match=r"breaks the schema: Expected `int` <= 9223372036854775807"):
        first_item(content)


@pytest.mark.parametrize("name", [r"\ud800", r"\udc00\ud800", ""])
def test_no_name_of_an_unknown_field_loses_the_page(name: str) -> None:
    """Half of a surrogate pair can be the name of a field; it is kept."""
    item = first_item(body(extra=f', "{name}": 1'))
    assert item.requests == 5
    assert item.additional_properties == {json.loads(f'"{name}"'): 1}


@pytest.mark.parametrize("field", ["period_start", "period_end", "requests"])
def test_half_of_a_surrogate_pair_in_a_known_field(field: str) -> None:
    """It is refused with the place, as any other text is."""
    page = json.loads(body())
    page["data"][0][field] = "\ud800"
    with pytest.raises(ResponseError, match=rf"that breaks the schema: .*`data\[0\].{field}`"):
        first_item(json.dumps(page).encode())


def test_half_of_a_surrogate_pair_in_a_token_is_kept() -> None:
    """A token is sent back as it came, or not at all, whatever the names of unknown fields are."""
    page = decode_page(rb'{"data": [], "has_more": true, "next_token": "\ud800", "\ud800": "\udc00"}')
    assert page.next_token == "\ud800"
    assert page.additional_properties == {"\ud800": "\udc00"}


def test_rows_without_unknown_fields() -> None:
    """Where a server sends more fields than the schema has, the rows are those of one that does not."""
    plain, more = (decode_page(body(extra=extra)).rows for extra in ("", ', "unknown": 1'))
    assert list(to_rows(more)) == list(to_rows(plain)) == list(plain)
    assert list(to_rows(joined(more, plain))) == list(to_rows(joined(plain, [], more))) == [*plain, *plain]


def below(frames: int, action: Callable[[], Any]) -> Any:
    """Return what an action does so many frames further down the stack."""
    return below(frames - 1, action) if frames else action()


def nested(depth: int, inside: str = "") -> str:
    """Return so many arrays in each other."""
    return "[" * depth + inside + "]" * depth


def test_deep_nesting_of_an_unknown_field() -> None:
    """What is nested deeper than 100 levels, with those of the page, is its JSON text; its strings have no brackets."""
    deep = '[{"a]": "\\"[ü", "b": ' * 10_000 + "1" + "}]" * 10_000
    levels = {"kept": nested(96), "cut": nested(97), "far": nested(900)}
    extra = "".join(f', "{name}": {value}' for name, value in levels.items())
    item = first_item(body("5.0", extra=f', "unknown": {deep}, "after": {"9" * 5000}{extra}'))
    assert item.requests == 5
    assert item.additional_properties["after"] == float("inf")
    assert json.dumps(item.additional_properties["kept"]) == levels["kept"]
    assert item.additional_properties["cut"] == json.loads(nested(96, '"[]"'))
    assert item.additional_properties["far"] == json.loads(nested(96, f'"{nested(804)}"'))
    value = item.additional_properties["unknown"]
    for _ in range(48):
        assert value[0]["a]"] == '"[ü'
        value = value[0]["b"]
    assert value == deep.removeprefix('[{"a]": "\\"[ü", "b": ' * 48).removesuffix("}]" * 48)
    assert pickle.loads(pickle.dumps(copy.deepcopy(item))) == item  # noqa: S301


@pytest.mark.parametrize(("depth", "inside"), [(96, ""), (97, '"[]"')])
def test_the_first_level_that_is_text(depth: int, inside: str) -> None:
    """The 101st one, also where no other value lies as deep."""
    (value,) = first_item(body(extra=f', "unknown": {nested(depth)}')).additional_properties.values()
    assert value == json.loads(nested(96, inside))


@pytest.mark.parametrize("depth", [90, 96, 97, 200, 700, 5000])
@pytest.mark.parametrize("frames", [0, 300, 600])
def test_deep_nesting_is_the_same_for_each_caller(depth: int, frames: int) -> None:
    """The same body gives the same values, and the same error, however deep the stack is from which it is read."""

    def read(*values: str) -> Any:
        rows = [json.loads(body())["data"][0] | {"unknown": "HERE"} for _ in values]
        page = json.dumps({"data": rows, "has_more": False})
        for value in values:
            page = page.replace('"HERE"', value, 1)
        return first_item(page.encode()).additional_properties

    one = nested(depth, "7")
    assert below(frames, lambda: read(one)) == read(one) == below(frames, lambda: read(one, one))
    with pytest.raises(ResponseError, match=r"comes with different values: `data\[0\].unknown` is"):
        below(frames, lambda: read(one, nested(depth, "8")))


@pytest.mark.parametrize("frames", [0, 600])
def test_half_of_a_surrogate_pair_inside_of_others(frames: int) -> None:
    """It is kept, in the name of a field and in a value, however deep it lies and the stack is."""
    deep = nested(90, r'{"\udc00": "\ud800"}')
    item = below(frames, partial(first_item, body(extra=f', "unknown": {deep}')))
    (value,) = item.additional_properties.values()
    assert json.dumps(value) == deep


def test_a_byte_order_mark_is_skipped() -> None:
    """Some proxies put a byte order mark in front of UTF-8."""
    assert first_item(body(begin="\ufeff")).requests == 5


@pytest.mark.parametrize(
    ("page", "row", "place"),
    [
        (', "data": []', "", "data"),
        (', "has_more": false', "", "has_more"),
        (r', "has\u005fmore": true', "", "has_more"),
        (', "next_token": null', "", "next_token"),
        (r', "next_token": "a,\u002c"', "", "next_token"),
        (', "unknown": 1, "unknown": 2', "", "unknown"),
        ("", ', "requests": 6', "data[0].requests"),
        ("", r', "r\u0065quests": 6', "data[0].requests"),
        ("", ', "period_start": "2026-01-01T00:00:00Z"', "data[0].period_start"),
        ("", ', "unknown": 1, "unknown": 1', "data[0].unknown"),
    ],
)
def test_a_field_that_comes_twice(page: str, row: str, place: str) -> None:
    """JSON allows a name twice, and nothing says which value is meant: the error names the place."""
    content = body().decode().replace("}]", f"{row}}}]").replace("null}", f"null{page}}}")
    with pytest.raises(ResponseError, match=re.escape(f"breaks the schema: `{place}` comes more than once")):
        first_item(content.encode())


@given(
    data=st.lists(written_rows.map(lambda row: {name: row[name] for name in ("period_start", "period_end", *COUNTS)})),
    token=st.none() | st.text(),
    ascii_only=st.booleans(),
    again=st.integers(0, 100),
)
def test_one_field_twice_in_any_page(data: list[Json], token: str | None, again: int, *, ascii_only: bool) -> None:
    """A page of the schema is read, whatever its token contains, and refused with any one field written twice."""
    members = [
        ["data", json.dumps(data)],
        ["has_more", "true"],
        ["next_token", json.dumps(token, ensure_ascii=ascii_only)],
    ]
    text = ", ".join(f'"{name}": {value}' for name, value in members)
    encoded = f"{{{text}}}".encode("utf-8", "surrogatepass")
    assert decode_page(encoded).next_token == token
    name, value = members[again % 3]
    with pytest.raises(ValueError, match=f"`{name}` comes more than once"):
        decode_page(f'{{"{name}": {value}, {text}}}'.encode())
    if data:
        place = f"`data[{again % len(data)}].requests` comes more than once"
        written = [json.dumps(row) for row in data]
        written[again % len(data)] = written[again % len(data)].replace('"requests"', '"requests": 1, "requests"')
        with pytest.raises(ValueError, match=re.escape(place)):
            decode_page(f'{{"data": [{",".join(written)}], "has_more": false}}'.encode())


class Even:
    """A class that msgspec does not know."""

    @classmethod
    def check(cls, value: Any) -> "Even":
        if value % 2:
            raise ValueError(f"{value} is odd")
        return cls()


class Numbers(msgspec.Struct):
    """A schema with such a class."""

    size: int
    number: Even


@pytest.mark.parametrize("more", ["", r', "\ud800": 1'])
def test_a_class_that_checks_its_values(more: str) -> None:
    """It does so whatever the other values and the names of unknown fields are."""
    for number in ("4", "4.0"):
        checked, _ = parse_and_check(f'{{"size": 1, "number": {number}{more}}}'.encode(), Numbers)
        assert isinstance(checked.number, Even)
    for size, number, sentence in (
        ("1", "5", "5 is odd - at `number`"),
        (r'"\ud800"', "4", "Expected `int`, got `str` - at `size`"),
    ):
        with pytest.raises(ValueError, match=f"^breaks the schema: {sentence}$"):
            parse_and_check(f'{{"number": {number}, "size": {size}{more}}}'.encode(), Numbers)


def test_a_class_beside_a_number_that_no_float_can_hold() -> None:
    """The number is refused, and not the value that the class has checked."""
    with pytest.raises(ValueError, match=r"^breaks the schema: Expected `int`, got `float` - at `size`$"):
        parse_and_check(b'{"number": 4, "size": 1e400}', Numbers)
