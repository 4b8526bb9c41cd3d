"""The OpenAPI document as something to read: plain values for a page that needs no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer. `shape` names the schema of what is nested in it."""

    name: str
    kind: str
    is_required: bool
    words: str
    shape: str = ""


@dataclass(frozen=True)
class Shape:
    """A schema: its name and its fields."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Answered:
    """One answer: its status, what it means, and the schema of its body."""

    status: str
    words: str
    shape: str


@dataclass(frozen=True)
class Entry:
    """An operation."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[Answered, ...]


def entries_of(document: Json) -> tuple[Entry, ...]:
    """Every operation of the document, in its order."""
    return tuple(
        _entry(path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )


def shapes_of(document: Json) -> tuple[Shape, ...]:
    """Every schema of the document, by name."""
    schemas = document["components"]["schemas"]
    return tuple(Shape(name, tuple(_fields(schemas[name]))) for name in sorted(schemas))


def _entry(path: str, method: str, operation: Json) -> Entry:
    content = operation.get("requestBody", {}).get("content", {})
    return Entry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        words=operation["description"],
        parameters=tuple(_parameter(parameter) for parameter in operation["parameters"]),
        body=_shape_in(content),
        answers=tuple(
            Answered(status, answer["description"], _shape_in(answer.get("content", {})))
            for status, answer in operation["responses"].items()
        ),
    )


def _parameter(parameter: Json) -> Field:
    kind = f"{parameter['in']}, {_kind(parameter['schema'])}"
    return Field(parameter["name"], kind, parameter.get("required", False), parameter.get("description", ""))


def _fields(schema: Json) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield Field(name, _kind(field), name in required, field.get("description", ""), _shape(field))


def _kind(schema: Json) -> str:
    """The type in words: "text", "list of text", "one of: video, phone"."""
    if _shape(schema) and "items" not in schema:
        return "object"
    if "enum" in schema:
        return f"one of: {', '.join(str(value) for value in schema['enum'] if value is not None)}"
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    kinds = schema.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = " or ".join(str(kind).replace("string", "text") for kind in kinds)
    return f"{words}, {schema['format']}" if "format" in schema else words


def _shape(schema: Json) -> str:
    """The name of the schema that is referred to, anywhere in `schema`."""
    inner = (schema, schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("allOf", ()))
    return next((str(part["$ref"]).rpartition("/")[2] for part in inner if "$ref" in part), "")


def _shape_in(content: Json) -> str:
    return next((_shape(body["schema"]) for body in content.values()), "")
