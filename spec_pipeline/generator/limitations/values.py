"""What the generator makes of a schema: its properties, and the variables of the code that converts their values."""

from collections.abc import Iterator, Mapping

from openapi_python_client.parser.properties import Property
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.literal_enum_property import LiteralEnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

# Their templates have a macro `transform`, which writes statements.
_CONVERTED = (
    *(DateProperty, DateTimeProperty, EnumProperty, FileProperty, ListProperty, LiteralEnumProperty, ModelProperty),
    *(UnionProperty, UuidProperty),
)

Models = Mapping[str, ModelProperty]


def name_of(prop: PropertyProtocol) -> str:
    """Return the name of a property in the document."""
    name: str = prop.name.get_untrusted_value()
    return name


def alternatives(prop: PropertyProtocol) -> list[PropertyProtocol]:
    """Return what a value may be: the members of a union but null, or the property itself."""
    members = prop.inner_properties if isinstance(prop, UnionProperty) else [prop]
    return [member for member in members if member is prop or not isinstance(member, NoneProperty)]


def items_of(prop: PropertyProtocol) -> list[PropertyProtocol]:
    """Return what the items of a list may be; nothing for any other property."""
    return alternatives(prop.inner_property) if isinstance(prop, ListProperty) else []


def holds_object(prop: PropertyProtocol) -> bool:
    """Return whether a value, or an item of it, may be an object or a file, or an item a list."""
    return any(
        isinstance(value, ModelProperty | FileProperty)
        or any(isinstance(item, ModelProperty | FileProperty | ListProperty) for item in items_of(value))
        for value in alternatives(prop)
    )


def is_text(prop: PropertyProtocol) -> bool:
    """Return whether the value is a string in Python."""
    if isinstance(prop, EnumProperty | LiteralEnumProperty):
        return prop.value_type is str
    if isinstance(prop, ConstProperty):
        return isinstance(prop.value.raw_value, str)
    return isinstance(prop, StringProperty)


def is_converted(prop: PropertyProtocol) -> bool:
    """Return whether statements convert the value to what is sent."""
    return isinstance(prop, _CONVERTED)


def fields_of(model: ModelProperty, models: Models | None = None) -> list[Property]:
    """Return the properties of a model, in the order in which the generated code reads and writes them.

    Args:
        model: the model, or an alternative of a component, which the generator leaves without its properties.
        models: all models by the names of their classes, with their properties.
    """
    model = (models or {}).get(model.class_info.name, model)
    return [*(model.required_properties or ()), *(model.optional_properties or ())]


def variables(prop: PropertyProtocol) -> Iterator[str]:
    """Yield the variables to which the statements that convert the value assign."""
    if isinstance(prop, UnionProperty):
        for member in prop.inner_properties:
            yield from variables(member)
    elif isinstance(prop, ListProperty) and is_converted(prop.inner_property):
        yield from (prop.inner_property.python_name, f"{prop.inner_property.python_name}_data")
        yield from variables(prop.inner_property)
