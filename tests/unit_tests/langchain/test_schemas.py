"""JSON schemas: written out, closed for strict models, and checked against values."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from langchain_core.tools import StructuredTool
from pydantic import BaseModel, Field

from langchain_aimlapi._langchain.schemas import (
    class_schema,
    is_recursive,
    parts,
    problems,
    strict_form,
    written_out,
)
from langchain_aimlapi._langchain.tools import may_be_strict, schema_to_format, tool_to_openai


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Pet(BaseModel):
    """A pet."""

    kind: Literal["cat", "dog"]
    title: str = Field(description="How it is called")
    age: int = Field(default=1, ge=0)


class Owner(BaseModel):
    pets: list[Pet]
    favourite: Pet | None = None
    colour: Colour


class Node(BaseModel):
    """A node of a tree."""

    name: str
    children: list[Node] = []
    parent: Pair | None = None


class Pair(BaseModel):
    left: Node | None = None


class Free(BaseModel):
    words: dict[str, int]


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Either(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class Short(BaseModel):
    name: Annotated[str, Field(max_length=3)]


GOOD: list[tuple[type[BaseModel], Any]] = [
    (Owner, {"pets": [{"kind": "cat", "title": "Tom", "age": 2}], "favourite": None,
             "colour": "red"}),
    (Node, {"name": "a", "children": [{"name": "b", "children": [], "parent": None}],
            "parent": {"left": {"name": "c", "children": [], "parent": None}}}),
    (Either, {"pet": {"kind": "dog"}}),
    (Free, {"words": {"a": 1}}),
    (Short, {"name": "abc"}),
]  # fmt: skip
BAD: list[tuple[type[BaseModel], Any]] = [
    (Owner, {"pets": [{"kind": "cow", "title": "Tom", "age": 2}], "colour": "red"}),
    (Owner, {"pets": [{"kind": "cat", "title": "Tom", "age": -1}], "colour": "red"}),
    (Owner, {"pets": [], "colour": "green"}),
    (Node, {"name": "a", "children": [{"name": "b", "children": [{"name": 3}]}]}),
    (Node, {"name": "a", "parent": {"left": {"name": None}}}),
    (Either, {"pet": {"kind": "cow"}}),
    (Free, {"words": {"a": "one"}}),
    (Short, {"name": "abcd"}),
]


def sent(schema: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = schema_to_format(schema, **options)["json_schema"]["schema"]
    return found


def in_tool(schema: Any) -> dict[str, Any]:
    found: dict[str, Any] = tool_to_openai(schema)["function"]["parameters"]
    return found


FORMS = [
    sent,
    in_tool,
    lambda cls: sent(cls.model_json_schema()),
    lambda cls: in_tool(cls.model_json_schema()),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("cls", "value"), GOOD + BAD, ids=str)
def test_what_is_sent_says_the_same_as_the_class(
    cls: type[BaseModel], value: Any, form: Any
) -> None:
    schema = form(cls)
    jsonschema.Draft202012Validator.check_schema(schema)
    right = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert right == ((cls, value) in GOOD)
    assert bool(problems(value, schema)) != right
    assert schema["type"] == "object", "vendors want an object at the top"


def test_references_are_written_out_unless_the_schema_contains_itself() -> None:
    assert not any("$ref" in part for part in parts(class_schema(Owner)))
    assert "$defs" not in class_schema(Owner)
    assert is_recursive(class_schema(Node))
    assert {"Node", "Pair"} <= set(class_schema(Node)["$defs"])


def test_titles_that_pydantic_makes_up_are_left_out_and_fields_of_that_name_are_not() -> None:
    schema = class_schema(Owner)
    assert not any(isinstance(part.get("title"), str) for part in parts(schema))
    assert "title" in schema["properties"]["pets"]["items"]["properties"]


def test_the_arguments_of_a_tool_may_contain_themselves() -> None:
    def save(tree: Node) -> str:
        """Save a tree."""
        return tree.name

    made = StructuredTool.from_function(save, args_schema=Node)
    for tool in (Node, made):
        wire = tool_to_openai(tool)["function"]
        assert wire["description"]
        assert wire["parameters"]["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}


# --- strict -----


@pytest.mark.parametrize(("cls", "value"), [pair for pair in GOOD if pair[0] not in (Free, Short)])
def test_a_strict_schema_is_closed_at_every_level_and_takes_what_the_class_takes(
    cls: type[BaseModel], value: Any
) -> None:
    assert may_be_strict(cls)
    schema = sent(cls, strict=True)
    objects = [part for part in parts(schema) if "properties" in part]
    assert all(part["additionalProperties"] is False for part in objects)
    assert all(set(part["required"]) == set(part["properties"]) for part in objects)
    assert not any({"default", "title", "oneOf"} & set(part) for part in parts(schema))
    full = json.loads(cls.model_validate(value).model_dump_json())
    assert jsonschema.Draft202012Validator(schema).is_valid(full)


@pytest.mark.parametrize(
    "schema",
    [
        class_schema(Free),
        class_schema(Short),
        {"type": "object"},
        {"type": "array", "items": {"type": "string"}},
        {"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]},
        {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "array", "prefixItems": [{}]}}},
        {"type": "object", "properties": {"a": {"not": {"type": "string"}}}},
        {"type": "object", "properties": {"a": {"type": "string", "format": "uri"}}},
        {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": True,
                                                "properties": {"b": {"type": "string"}}}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_schema_that_says_more_than_a_strict_one_can_is_not_strict(schema: Any) -> None:
    assert strict_form(schema, complete=True) is None


def test_a_dictionary_whose_keys_may_be_left_out_is_not_made_strict() -> None:
    schema = {"title": "a", "type": "object", "properties": {"x": {"type": "string"}}}
    assert not may_be_strict(schema)
    assert may_be_strict({**schema, "required": ["x"]})


# --- validation -----

VALUES: list[Any] = [
    None, True, False, 0, 1, 2.5, -3, 2.0, "", "a", "abc", "red", [], [1], [1, 1], ["a", 2], {},
    {"a": 1}, {"a": "x", "b": 2}, {"a": {"a": {"a": None}}}, {"b": [1, "x"]}, [[1], ["a"]],
]  # fmt: skip
SCHEMAS: list[Any] = [
    True, False, {}, {"type": "string"}, {"type": ["string", "null"]}, {"type": "integer"},
    {"type": "number", "minimum": 0, "maximum": 2}, {"exclusiveMinimum": 0, "multipleOf": 0.5},
    {"exclusiveMaximum": 1}, {"enum": ["a", 1, None]}, {"const": 0}, {"const": False},
    {"minLength": 1, "maxLength": 2}, {"pattern": "^a"}, {"minItems": 1, "maxItems": 1},
    {"items": {"type": "integer"}}, {"prefixItems": [{"type": "string"}], "items": False},
    {"uniqueItems": True}, {"required": ["a"]}, {"properties": {"a": {"type": "integer"}}},
    {"properties": {"a": {}}, "additionalProperties": False},
    {"additionalProperties": {"type": "string"}}, {"minProperties": 1, "maxProperties": 1},
    {"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
    {"anyOf": [{"type": "string"}, {"type": "object", "required": ["b"]}]},
    {"oneOf": [{"type": "number"}, {"type": "integer"}]},
    {"allOf": [{"minimum": 0}, {"maximum": 1}]},
    {"not": {"type": "string"}},
    {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": ["object", "null"], "properties":
     {"a": {"$ref": "#/$defs/tree"}}}}},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_a_value_is_right_where_the_reference_validator_says_so(schema: Any) -> None:
    reference = jsonschema.Draft202012Validator(schema)
    for value in VALUES:
        assert (not problems(value, schema)) == reference.is_valid(value), value


def test_a_problem_names_its_place_and_what_is_expected() -> None:
    found = problems({"pets": [{"kind": "cow", "title": 3}], "colour": "red"}, class_schema(Owner))
    assert found == [
        'pets[0].kind: must be one of "cat", "dog"',
        "pets[0].title: must be string, is integer",
    ]
    assert problems({}, class_schema(Owner)) == [
        "the answer: the property 'pets' is missing",
        "the answer: the property 'colour' is missing",
    ]


def test_what_is_not_known_allows_everything() -> None:
    for schema in ({"type": "vendor"}, {"$ref": "https://elsewhere.test/x"}, {"pattern": "\\p{L}"}):
        assert problems("x", schema) == []


def test_a_schema_that_leads_to_nothing_but_itself_ends() -> None:
    assert problems({"a": 1}, {"$ref": "#"}) == []
    assert written_out({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})
