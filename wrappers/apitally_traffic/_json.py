"""Parse JSON that a strict parser rejects, within bounds, and reject objects that contain a field twice.

JSON Schema counts `1.0` and `1e2` as integers, some servers start a body with a byte order mark, and a field that the
schema does not have may have any value, which must not make the rest unreadable.
"""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec

Checked = TypeVar("Checked")

# A page of 1,000 rows has 0.2 MiB and 7,000 values. A parsed value takes about a hundred bytes.
_MIB = 2**20
# Eight slices may each keep a page until the caller takes it. With these limits, a client needs about 200 MiB at most.
MAX_SIZE = 8 * _MIB
MAX_VALUES = 100_000
LIMITS = f"{MAX_SIZE // _MIB} MiB or {MAX_VALUES:,} values"

_MISSING_FIELD = r"Object missing required field `(?P<field>\w+)`(?: - at `(?P<place>.*)`)?"
_NESTED_PLACE = r"`\$(?P<inner>[^`]*)` - at `\$(?P<outer>[^`]*)`$"
_SURROGATE = rb"\\u[dD][89a-fA-F]"  # without its last two digits
_JSON_STRING_OR_BRACKET = r'(?s)"(?:[^"\\]++|\\.)*+"|[\[\]{}]'
# Parsers, pickle and repr recurse for each level, and the caller determines how much recursion is possible. A page has
# three levels.
_MAX_DEPTH = 100
# Longer integers take quadratic time to parse, and a few bytes such as 1e9999999 would make a huge integer.
_MAX_DIGITS = 400
# Larger than any count or size, so a schema rejects it as too large.
_HUGE = 10**30


def parse_and_check(
    body: bytes, schema: type[Checked], schema_without_text: type[Any] | None = None
) -> tuple[Checked, Any]:
    """Parse a body and check it against a schema.

    Args:
        body: the body of a response.
        schema: a type that msgspec can check.
        schema_without_text: the part of the schema that takes little memory to check, for a body that is too large.

    Returns:
        The body as msgspec converts it, and the body as Python's parser reads it.

    Raises:
        ValueError: the body is not JSON, breaks the schema, contains a field of the page or of one of its items twice,
            or is too large to be checked; the message names the place, such as `data[3].requests`.
    """
    if max(len(body) / MAX_SIZE, _values(body) / MAX_VALUES) > 1:
        if schema_without_text is not None:
            _check_types(body, schema_without_text)
        raise ValueError(f"is too large to be checked: it has more than {LIMITS}")
    document = _parse(body, float)
    _check_repetitions(document)
    try:
        return convert(document, schema), document
    except msgspec.ValidationError:
        document = _parse(body, _number)
    try:
        return convert(document, schema), document
    except msgspec.ValidationError as error:
        if "`float`" in str(error):
            _check_sizes(body, schema)
        raise ValueError(f"breaks the schema: {sentence(error)}") from None


def sentence(error: Exception) -> str:
    """Return msgspec's message, with the place as a path in the response."""
    reason, is_nested = str(error), 1
    while is_nested:  # a model inside another one is checked separately, with a place of its own
        reason, is_nested = re.subn(_NESTED_PLACE, r"`$\g<outer>\g<inner>`", reason)
    reason = reason.replace("`$.", "`")
    missing = re.fullmatch(_MISSING_FIELD, reason)
    if missing is None:
        return reason
    place = f"{missing['place']}." if missing["place"] else ""
    return f"`{place}{missing['field']}` is missing"


def convert(document: Any, schema: type[Checked]) -> Checked:
    """Convert a parsed document with msgspec.

    A class of the schema that msgspec does not support has a `check` method for its values.

    Raises:
        msgspec.ValidationError: the document breaks the schema.
    """
    try:
        return msgspec.convert(document, schema, dec_hook=_check)
    except UnicodeEncodeError:  # JSON can contain half of a surrogate pair, which msgspec cannot handle in a name
        document = _encodable(document, values=False)
    try:
        return msgspec.convert(document, schema, dec_hook=_check)
    except UnicodeEncodeError:  # msgspec cannot handle it in a value of a wrong type either
        return msgspec.convert(_encodable(document, values=True), schema, dec_hook=_check)


def share_of_limits(body: bytes) -> float:
    """Return the fraction that a parsed body takes of the memory that a slice may take; 1 is all of it."""
    # Python stores a text with an emoji in four bytes per character. JSON may contain it as an escape.
    is_narrow = body.isascii() and b"\\u" not in body
    return max(len(body) * (1 if is_narrow else 4) / MAX_SIZE, _values(body) / MAX_VALUES)


def _check(kind: Any, value: Any) -> Any:
    return kind.check(value)


def _values(body: bytes) -> int:
    # An upper bound: commas and brackets in strings are counted, too. A value and its name have four quotes at most.
    return max(sum(map(body.count, (b",", b"[", b"{"))), body.count(b'"') // 4)


def _check_types(body: bytes, schema: type[Any]) -> None:
    """Raise a ValueError for the first value of a wrong type. Values of unknown fields are skipped without memory."""
    try:
        msgspec.json.decode(body, type=schema)
    except msgspec.MsgspecError as error:
        raise ValueError(f"breaks the schema: {sentence(error)}") from None
    except (UnicodeDecodeError, RecursionError):
        return


def _parse(body: bytes, parse_float: Callable[[str], float], parse_int: Callable[[str], float] | None = None) -> Any:
    """Parse what Python accepts as JSON; an object or array nested deeper than `_MAX_DEPTH` is replaced by its text."""
    try:
        text = body.decode("utf-8-sig")
        with suppress(RecursionError):
            document = _load(text, parse_float, parse_int or _integer)
            if not _is_deep(document):
                return document
        return _load(_with_deep_values_as_text(text), parse_float, parse_int or _integer)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"breaks the schema: {_syntax_error(body, error)}") from None


def _is_deep(document: Any) -> bool:
    level = [document] if type(document) in _CONTAINERS else []
    for _ in range(_MAX_DEPTH - 1):
        if not level:
            return False
        inside = (value if type(value) is list else value.values() for value in level)
        level = [value for values in inside for value in values if type(value) in _CONTAINERS]
    return bool(level)


def _encodable(value: Any, *, values: bool) -> Any:
    """Return a document with each half of a surrogate pair replaced in its names and, if asked for, its values."""
    if isinstance(value, str) and values:
        return _text(value)
    if isinstance(value, dict):
        return {_text(name): _encodable(field, values=values) for name, field in value.items()}
    return [_encodable(item, values=values) for item in value] if isinstance(value, list) else value


def _text(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _check_sizes(body: bytes, schema: type[Any]) -> None:
    """Raise a ValueError with a clear message for a number that is too large to be an exact integer."""
    document = _parse(body, _large_number, _large_number)
    try:
        convert(document, schema)
    except msgspec.ValidationError as error:
        raise ValueError(f"breaks the schema: {sentence(error)}") from None


def _large_number(text: str) -> float:
    return max(min(_number(text), _HUGE), -_HUGE)


def _load(text: str, parse_float: Callable[[str], float], parse_int: Callable[[str], float]) -> Any:
    return json.loads(text, parse_int=parse_int, parse_float=parse_float, object_pairs_hook=_object)


def _syntax_error(body: bytes, error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {len(body) - len(error.object) + error.start:,}"
    try:
        # Half of a surrogate pair, which is not an error here, is replaced by a character of the same length.
        msgspec.json.decode(re.sub(_SURROGATE, rb"\\u00", body.removeprefix(BOM_UTF8)), type=msgspec.Raw)
    except (ValueError, RecursionError) as reason:  # msgspec's errors are ValueErrors, and do not quote the body
        return str(reason)  # not kept in a variable, which would keep the body in memory
    return str(error)


class _Repetition(dict[str, Any]):
    """An object that contains a field more than once."""

    field: str


_CONTAINERS = frozenset({dict, list, _Repetition})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    repetition = _Repetition(fields)
    repetition.field = Counter(name for name, _ in pairs).most_common(1)[0][0]
    return repetition


def _check_repetitions(document: Any) -> None:
    items = document.get("data") if isinstance(document, dict) else None
    places = [("", document), *((f"data[{index}].", item) for index, item in enumerate(_list(items)))]
    repeated = [f"`{place}{found.field}`" for place, found in places if isinstance(found, _Repetition)]
    if repeated:
        raise ValueError(f"breaks the schema: {repeated[0]} comes more than once")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _integer(text: str) -> float:
    return int(text) if len(text) <= _MAX_DIGITS else float(text)


def _number(text: str) -> float:
    """Return a number; an integer in another notation, such as `1.0` or `1e2`, is returned as an exact int."""
    if not text.lower().partition("e")[0].strip("-.0"):
        return 0  # whatever the exponent is
    try:
        number = Decimal(text)
    except InvalidOperation:  # the exponent itself is out of bounds
        return float(text)
    is_integer = number.adjusted() < _MAX_DIGITS and number == number.to_integral_value()
    return int(number) if is_integer else float(text)


def _with_deep_values_as_text(text: str) -> str:
    kept, depth, rest, begin = [], 0, 0, 0
    for token in re.finditer(_JSON_STRING_OR_BRACKET, text):
        if token[0] in "[{":
            depth += 1
            if depth == _MAX_DEPTH:
                begin = token.start()
        elif token[0] in "]}":
            if depth == _MAX_DEPTH:
                kept += [text[rest:begin], json.dumps(text[begin : token.end()], ensure_ascii=False)]
                rest = token.end()
            depth -= 1
    return "".join([*kept, text[rest:]])
