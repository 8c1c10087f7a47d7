"""How large the body of a page may be, alone and together with those before it."""

import json
import re
from contextlib import nullcontext

import pytest

from apitally_traffic import ResponseError
from apitally_traffic._decoding import decode_page
from tests.wrappers.page_body import body, first_item

TOO_LARGE = re.escape(
    "is too large to be kept with the pages before it: together they have more than 8 MiB or 100,000 values, or 20,000 "
    "rows"
)
MIB = 2**20


@pytest.mark.parametrize(
    "values",
    [f"[{'0,' * 100_000}0]", "[" * 100_000 + "]" * 100_000, '{"": ' * 100_000 + "0" + "}" * 100_000],
    ids=["in a list", "lists", "objects"],
)
def test_a_page_with_too_many_values(values: str) -> None:
    """It is refused for that, unless a value of the schema has a wrong type: then that is the reason."""
    many = f', "unknown": {values}'
    with pytest.raises(ResponseError, match=r"too large to be checked: it has more than 8 MiB or 100,000 values\."):
        first_item(body(extra=many))
    with pytest.raises(ResponseError, match=r"breaks the schema: Expected `int`, got `bool` - at `data\[0\].requests`"):
        first_item(body("true", extra=many))


@pytest.mark.parametrize(("objects", "is_read"), [(99_990, True), (99_991, False)])
def test_each_object_counts_as_a_value(objects: int, is_read: bool) -> None:
    """So it does where it has nothing but another one: a page has 100,000 values at most."""
    deep = '{"": ' * objects + "0" + "}" * objects
    content = body().replace(b"}]", f', "unknown": {deep}}}]'.encode())
    # The others are two objects, an array, and what follows seven commas.
    with nullcontext() if is_read else pytest.raises(ResponseError, match="too large to be checked"):
        assert first_item(content).requests == 5


@pytest.mark.parametrize(
    ("rows", "sentence"), [(99_999, "`data[0].period_start` is missing"), (100_000, "has more than 100,000 objects")]
)
def test_a_page_with_too_many_objects(rows: int, sentence: str) -> None:
    """A large body is not decoded at all where it has a hundred times the rows that any request asks for."""
    page = f'{{"data": [{",".join(["{}"] * rows)}], "has_more": false{" " * 8 * 2**20}}}'
    with pytest.raises(ValueError, match=re.escape(sentence)):
        decode_page(page.encode())


@pytest.mark.parametrize("rows", [20_000, 20_001])
def test_a_page_with_too_many_rows(rows: int) -> None:
    """Where it has twenty times the rows that any request asks for, it would take too much memory to be kept."""
    row = {"period_start": "2026-01-01T00:00:00Z", "period_end": "2026-01-01T01:00:00Z", "requests": 1}
    page = json.dumps({"data": [row | {"bytes_received": 2, "bytes_sent": 3}] * rows, "has_more": False}).encode()
    if rows > 20_000:
        with pytest.raises(ValueError, match="has more than 20,000 rows"):
            decode_page(page)
    else:
        assert len(decode_page(page).rows) == rows


@pytest.mark.parametrize(
    ("text", "share"),
    [
        pytest.param("a" * 4 * MIB, 1 / 2, id="ASCII"),
        pytest.param("é" + "a" * MIB, 1 / 2, id="a letter that takes more memory"),
        pytest.param(r"\u00e9" + "a" * MIB, 1 / 2, id="its escape"),
        pytest.param(r"\n" + "a" * MIB, 1 / 8, id="another escape"),
        pytest.param("," * 50_000, 1 / 2, id="half of all values"),
    ],
)
def test_how_much_of_its_slice_a_page_may_take(text: str, share: float) -> None:
    """Of 8 MiB, a text with letters beyond ASCII takes four times its length; the pages before it have the rest."""
    content = body().replace(b"}]", f', "unknown": "{text}"}}]'.encode())
    taken = decode_page(content).share
    assert share <= taken < share + 0.001
    assert decode_page(content, 1 - taken).rows
    with pytest.raises(ValueError, match=TOO_LARGE):
        decode_page(content, 1.001 - taken)


@pytest.mark.parametrize(("rows", "token", "share"), [(10_000, 0, 1 / 2), (5_000, MIB - 2, 3 / 8)])
def test_how_much_of_its_slice_a_page_of_the_schema_may_take(rows: int, token: int, share: float) -> None:
    """Of 20,000 rows, and of 8 MiB, of which a token takes its length, with its quotes."""
    data = [json.loads(body())["data"][0]] * rows
    content = json.dumps({"data": data, "has_more": bool(token), "next_token": "t" * token or None}).encode()
    content = content.replace(b', "next_token": null', b"")
    assert decode_page(content).share == share
    assert len(decode_page(content, 1 - share).rows) == rows
    with pytest.raises(ValueError, match=TOO_LARGE):
        decode_page(content, 1.001 - share)


def test_the_largest_page() -> None:
    """A page of 8 MiB is read, and one byte more is too much to be checked."""
    largest = body(extra=f', "unknown": "{"a" * (3 * 2**20)}"')
    padded = largest[:-1] + b" " * (8 * 2**20 - len(largest)) + largest[-1:]
    assert len(first_item(padded).additional_properties["unknown"]) == 3 * 2**20
    with pytest.raises(ResponseError, match="is too large to be checked"):
        first_item(padded + b" ")
