"""The OpenAPI document as something to read: plain values for a page that needs no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class DocField:
    """A parameter, or a field of a body or an answer. `shape` names the schema of what is nested in it."""

    name: str
    kind: str
    is_required: bool
    text: str
    shape: str = ""


@dataclass(frozen=True)
class DocSchema:
    """A schema: its name and its fields."""

    name: str
    fields: tuple[DocField, ...]


@dataclass(frozen=True)
class DocAnswer:
    """One answer: its status, what it means, and the schema of its body."""

    status: str
    text: str
    shape: str


@dataclass(frozen=True)
class DocEntry:
    """An operation."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[DocField, ...]
    body: str
    answers: tuple[DocAnswer, ...]


def entries_of(document: Json) -> tuple[DocEntry, ...]:
    """Every operation of the document, in its order."""
    return tuple(
        _entry(path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )


def shapes_of(document: Json) -> tuple[DocSchema, ...]:
    """Every schema of the document, by name."""
    schemas = document["components"]["schemas"]
    return tuple(DocSchema(name, tuple(_fields(schemas[name]))) for name in sorted(schemas))


def _entry(path: str, method: str, operation: Json) -> DocEntry:
    content = operation.get("requestBody", {}).get("content", {})
    return DocEntry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation["description"],
        parameters=tuple(_parameter(parameter) for parameter in operation["parameters"]),
        body=_shape_in(content),
        answers=tuple(
            DocAnswer(status, answer["description"], _shape_in(answer.get("content", {})))
            for status, answer in operation["responses"].items()
        ),
    )


def _parameter(parameter: Json) -> DocField:
    kind = f"{parameter['in']}, {_kind(parameter['schema'])}"
    return DocField(parameter["name"], kind, parameter.get("required", False), parameter.get("description", ""))


def _fields(schema: Json) -> Iterator[DocField]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield DocField(name, _kind(field), name in required, field.get("description", ""), _shape(field))


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
    text = " or ".join(str(kind).replace("string", "text") for kind in kinds)
    return f"{text}, {schema['format']}" if "format" in schema else text


def _shape(schema: Json) -> str:
    """The name of the schema that is referred to, anywhere in `schema`."""
    inner = (schema, schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("allOf", ()))
    return next((str(part["$ref"]).rpartition("/")[2] for part in inner if "$ref" in part), "")


def _shape_in(content: Json) -> str:
    return next((_shape(body["schema"]) for body in content.values()), "")
