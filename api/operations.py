"""Declares the input and the responses of each view, by which requests are checked and the OpenAPI document is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from core.errors import BadRequest, Invalid, Reason

View = TypeVar("View", bound=Callable[..., Any])
Values = dict[str, Any]
"""The checked values of a query or a body, by name."""

BODY_PROBLEMS = (400, 413, 415, 422)
"""The statuses of a request whose body cannot be used."""


@dataclass(frozen=True)
class Operation:
    """The input and the responses of a view; `answers` and `problems` by status, `paths` explains the parts of the path."""

    answers: Mapping[int, type[Schema] | str | None]
    problems: tuple[int, ...] = ()
    query: Schema | None = None
    body: Schema | None = None
    paths: Mapping[str, str] = field(default_factory=dict)


def operation(
    *,
    answers: Mapping[int, type[Schema] | str | None],
    problems: tuple[int, ...] = (),
    query: type[Schema] | None = None,
    body: type[Schema] | None = None,
    paths: Mapping[str, str] | None = None,
) -> Callable[[View], View]:
    """A decorator: the view is given `query` and `body`, checked; its docstring is its summary in the OpenAPI document.

    An answer is a schema, the media type of something else, or None for nothing at all.
    """
    described = Operation(answers, problems, query() if query else None, body() if body else None, paths or {})

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**values: Any) -> Any:
            if described.query is not None:
                values["query"] = read_query(described.query, request.args)
            if described.body is not None:
                values["body"] = read_body(described.body)
            return view(**values)

        checked.operation = described  # type: ignore[attr-defined]
        return cast(View, checked)

    return decorate


def read_query(schema: Schema, given: MultiDict[str, str]) -> dict[str, Any]:
    """The values of the address's query. Raises: BadRequest, naming each wrong one."""
    values: dict[str, Any] = {}
    for name, one in schema.fields.items():
        key = one.data_key or name
        if key in given:
            values[key] = given.getlist(key) if isinstance(one, fields.List) else given[key]
    try:
        return cast(dict[str, Any], schema.load(values))
    except ValidationError as error:
        raise BadRequest(_by_field(error)) from error


def read_body(schema: Schema) -> dict[str, Any]:
    """The values of the body. Raises: BadRequest when it is no JSON object; Invalid, naming each wrong field."""
    try:
        return cast(dict[str, Any], schema.load(json_body()))
    except ValidationError as error:
        raise Invalid(_by_field(error)) from error


def json_body() -> dict[str, Any]:
    """The body as it came; an empty one is an empty object. Raises: BadRequest."""
    data = request.get_data()
    if not data:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadRequest.in_field("body", "not_json") from error
    if not isinstance(body, dict):
        raise BadRequest.in_field("body", "not_a_json_object")
    return body


def _by_field(error: ValidationError) -> dict[str, list[Reason]]:
    """Reasons by field: that of a resident's name is under `resident.name`."""
    return dict(_flat(error.messages, ""))


def _flat(messages: Any, path: str) -> Iterator[tuple[str, list[Reason]]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path.removesuffix("._schema"), [Reason("wrong_field", {"message": str(message)}) for message in messages]
