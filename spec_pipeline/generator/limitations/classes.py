"""Generated classes whose names, or whose fields' names, the generated code needs for something else."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import EnumProperty, LiteralEnumProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from spec_pipeline.generator.limitations.file_names import file_fault
from spec_pipeline.generator.limitations.limitation import Limitation
from spec_pipeline.generator.limitations.places import pointer_to
from spec_pipeline.generator.limitations.values import fields_of, is_converted, name_of, variables
from spec_pipeline.openapi.references import Spec
from spec_pipeline.openapi.schema_objects import schemas_of

# What the modules of operations, and those of classes, need for something else when they run.
_OF_OPERATIONS = ("Any", "HTTPStatus", "Response", "UNSET")
_OF_CLASSES = ("TypeVar", "UNSET")
_REMOVE = (
    "A field cannot be given another name: remove it from the properties, and from those that are required, by actions "
    "in overlay.yaml; its value then stands in additional_properties."
)
# The longest part of a name that a suggestion keeps.
_SHORT = 60
_CONST = "Update the schema of a constant that is true or false with `{type: boolean}` by an action in overlay.yaml."

Class = EnumProperty | LiteralEnumProperty | ModelProperty


def class_limitations(spec: Spec, data: GeneratorData) -> Iterator[Limitation]:
    """Yield the classes, and the fields of classes, that are generated wrongly."""
    classes: dict[str, Class] = {generated.class_info.name: generated for generated in (*data.models, *data.enums)}
    modules: defaultdict[str, list[str]] = defaultdict(list)
    for name, generated in classes.items():
        modules[generated.class_info.module_name].append(name)
    for module, names in modules.items():
        if len(names) > 1:
            yield _renamed(spec, classes[names[0]], f"{' and '.join(sorted(names))} would be in one module, {module}")
    hidden = {name for endpoint in _endpoints(data) for name in _hidden(endpoint.relative_imports, _OF_OPERATIONS)}
    for generated in classes.values():
        if fault := file_fault(generated.class_info.module_name):
            yield _renamed(spec, generated, fault)
    for model in data.models:
        imports = (model.relative_imports or set()) | (model.lazy_imports or set()) | {f"from ..{model.self_import}"}
        hidden |= _hidden(imports, set())
        hidden |= _hidden(model.relative_imports or set(), _OF_CLASSES)
        if model.class_info.module_name in _variables_of_additional(model):
            yield _renamed(spec, model, f"the generated code uses the name {model.class_info.module_name} itself")
        yield from _field_limitations(spec, model)
    for name in sorted(hidden & classes.keys()):
        yield _renamed(spec, classes[name], f"the generated code uses the name {name} itself")


def _endpoints(data: GeneratorData) -> Iterator[Endpoint]:
    for collection in data.endpoint_collections_by_tag.values():
        yield from collection.endpoints


def _hidden(imports: Iterable[str], needed: Collection[str]) -> set[str]:
    """Return the names that a module imports as a generated class, and needs for something else."""
    names: dict[bool, set[str]] = {True: set(), False: set(needed)}
    for line in imports:
        module, _, imported = line.removeprefix("from ").partition(" import ")
        names[".models." in f".{module}"].update(imported.split(", "))
    return names[True] & names[False]


def _variables_of_additional(model: ModelProperty) -> set[str]:
    """Return the variables that are in use where a new object gets its additional properties."""
    item = model.additional_properties
    if item is None or not is_converted(item):
        return {"d"} if item else set()
    return {"d", "additional_properties", "prop_dict", "prop_name", item.python_name, *variables(item)}


def _field_limitations(spec: Spec, model: ModelProperty) -> Iterator[Limitation]:
    fields = fields_of(model)
    lost = {"UNSET", "Unset", "cls", "field_dict", "from_dict", "to_dict"}
    lost |= {"to_multipart"} if model.is_multipart_body else set()
    if model.additional_properties:
        lost |= {"additional_keys", "additional_properties", "d"}
        lost |= {"prop", "prop_name"} if is_converted(model.additional_properties) else set()
    # Those to which the code of later fields assigns.
    later: set[str] = set()
    for field in reversed(fields):
        if (
            field.python_name in lost
            or field.python_name in later
            or (field.python_name == "d" and field is not fields[-1])
        ):
            where = f"{_place(spec, model)}, field {name_of(field)}"
            yield Limitation(where, f"the generated code uses the name {field.python_name} itself", _REMOVE)
        later.update(variables(field))
        if isinstance(field, ConstProperty) and not field.required and isinstance(field.value.raw_value, bool):
            yield Limitation(f"{_place(spec, model)}, field {name_of(field)}", "the constant is a SyntaxError", _CONST)


def _renamed(spec: Spec, generated: Class, fault: str) -> Limitation:
    name, module = generated.class_info.name, generated.class_info.module_name
    cure = (
        f"Name the class anew in codegen.yaml: class_overrides: {{{name}: {{class_name: {name[:_SHORT]}Model, "
        f"module_name: {module[:_SHORT].rstrip('_')}_model}}}}."
    )
    return Limitation(_place(spec, generated), fault, cure)


def _place(spec: Spec, generated: Class) -> str:
    """Return the pointer to the schema of a class, or its name where no schema has these fields alone."""
    name = name_of(generated)
    if name.startswith("/components/"):
        return f"#{name}"
    fields = {name_of(field) for field in fields_of(generated)} if isinstance(generated, ModelProperty) else set()
    for place, schema in schemas_of(spec.document) if fields else ():
        if isinstance(schema, dict) and set(schema.get("properties") or ()) == fields:
            return pointer_to(place)
    return f"class {generated.class_info.name}"
