"""Convert the generated models to schemas for msgspec, which checks the types of fields and which are required."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
import msgspec

from apitally_api_client.types import Unset
from apitally_traffic._json import convert
from apitally_traffic._real_time import DATE, DATETIME

_SCALARS = frozenset({int, str, bool, NoneType, UUID})
# JSON has neither infinity nor NaN, but Python's parser accepts both.
_Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]


@cache
def schema_of(model: type[Any]) -> Any:
    """Return a struct with the fields of a generated model, or a dict type for a model without declared fields."""
    module = sys.modules[model.__module__]
    # Other models, which the module imports for type checkers only, are in its package. The names of the module itself
    # take precedence, because a module of the package may have a name such as `datetime`.
    others = vars(sys.modules.get(module.__name__.rpartition(".")[0], module))
    hints = get_type_hints(model, localns={name: others[name] for name in others.keys() - vars(module).keys()})
    in_json = _names_in_json(model)
    if not in_json and "additional_properties" in hints:
        return _type(hints["additional_properties"])
    fields: list[tuple[str, Any, Any]] = []
    for name in in_json:
        alternatives = members(hints[name])
        is_optional = Unset in alternatives or (name == "next_token" and NoneType in alternatives)
        fields.append((name, _type(hints[name]), msgspec.field(default=None) if is_optional else msgspec.field()))
    return msgspec.defstruct(model.__name__, fields, rename=in_json, kw_only=True)


def one_of(models: Sequence[Any]) -> Any:
    """Return a schema for values that match one of several models."""
    if len(models) == 1:
        return schema_of(models[0])
    types = tuple(_type(model) for model in models)
    return type(" | ".join(model.__name__ for model in models), (_OneOf,), {"types": types})


def members(hint: Any) -> tuple[Any, ...]:
    """Return the types of a union; for any other type, the type itself."""
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def is_model(kind: Any) -> bool:
    """Return whether a type is a class that the generator wrote for an object of the spec."""
    return isinstance(kind, type) and attrs.has(kind) and hasattr(kind, "from_dict")


class _Placeholder(str):
    """An attribute's name in place of its value; it survives whatever the generated `to_dict` does with the value."""

    __slots__ = ()

    def __getattr__(self, _: str) -> Self:
        return self

    def __call__(self, *_: object) -> Self:
        return self

    def __iter__(self) -> Iterator[Self]:
        return iter([self])


def _names_in_json(model: type[Any]) -> dict[str, str]:
    """Return the name in JSON of each attribute of a generated model."""
    names = [attribute.name for attribute in attrs.fields(model) if attribute.init]
    document: dict[str, Any] = model(**{name: _Placeholder(name) for name in names}).to_dict()
    in_json = {}
    for field, value in document.items():
        placeholder = value
        while isinstance(placeholder, list):
            placeholder = placeholder[0]
        in_json[str(placeholder)] = field
    return in_json


class _Model:
    """Stands for a model inside another one. Its schema is made when a value is checked, as models may be circular."""

    model: ClassVar[Any]

    @classmethod
    def check(cls, value: Any) -> Self:
        """Raise a ValueError that names the place where a value does not match the model."""
        try:
            convert(value, schema_of(cls.model))
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None  # msgspec adds the place of the value to a ValueError only
        return cls()


class _OneOf:
    """Stands for several types that msgspec cannot tell apart, such as two models."""

    types: ClassVar[tuple[Any, ...]]

    @classmethod
    def check(cls, value: Any) -> Self:
        """Raise a ValueError if a value matches none of the types."""
        for kind in cls.types:
            with suppress(msgspec.ValidationError):
                convert(value, kind)
                return cls()
        raise ValueError(f"Expected `{cls.__name__}`")


def _type(hint: Any) -> Any:
    """Return a type hint as far as msgspec can check it, or Any."""
    arguments = [_type(argument) for argument in get_args(hint) if argument is not Unset]
    kind: Any = Any
    if get_origin(hint) is Literal or hint in _SCALARS:
        kind = hint
    elif hint is float:
        kind = _Finite
    elif get_origin(hint) in {Union, UnionType} and Any not in arguments:
        kind = _union(hint, arguments)
    elif get_origin(hint) is list:
        kind = list[arguments[0]]  # type: ignore[valid-type]
    elif get_origin(hint) is dict:
        kind = dict[str, arguments[1]]  # type: ignore[valid-type]
    elif isinstance(hint, type) and issubclass(hint, datetime):
        (kind,) = DATETIME
    elif isinstance(hint, type) and issubclass(hint, date):
        (kind,) = DATE
    elif isinstance(hint, type) and issubclass(hint, Enum):
        kind = hint
    elif is_model(hint):
        kind = type(hint.__name__, (_Model,), {"model": hint})
    return kind if _is_supported(kind) else Any


def _union(hint: Any, arguments: list[Any]) -> Any:
    kind: Any = Union[tuple(arguments)]  # noqa: UP007 - the types are known at run time only
    if _is_supported(kind):
        return kind
    return type(
        " | ".join(_name(argument) for argument in members(hint) if argument is not Unset),
        (_OneOf,),
        {"types": tuple(arguments)},
    )


def _name(hint: Any) -> str:
    if hint is NoneType:
        return "null"
    return str(hint) if get_args(hint) else str(hint.__name__)


def _is_supported(kind: Any) -> bool:
    try:
        msgspec.json.Decoder(kind)
    except TypeError:
        return False
    return True
