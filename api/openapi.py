"""The OpenAPI 3.1 document, made from the operations that the views declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import Schema
from werkzeug.routing import Rule

from api import response_schemas
from api.error_handlers import MIMETYPE
from api.openapi_links import PATH_EXAMPLES, links_of
from api.operations import Operation
from people.staff.access_marks import AccessMark, mark_of

TITLE, VERSION = "Front Door", "1"
ABOUT = (
    "Appointments with a council: what for, where and when, and everything that may happen to one afterwards. "
    "Errors are problem details (RFC 9457) with a stable `code`. Send an `Idempotency-Key` with a POST and repeat it "
    "safely: the same key and body give the same answer for at least 24 hours."
)
PROBLEMS = {
    400: "The request cannot be read: `validation`, with the parameters that are wrong under `errors`.",
    401: "No key, or one that does not work: `not_allowed`.",
    403: "The key lacks the scope: `not_allowed`.",
    404: "There is no such thing, or not for this key: `not_found`.",
    409: "A rule or the diary says no: `slot_taken` (with `alternatives`), `too_soon`, `too_far`, `limit_reached`, "
    "`illegal_move`.",
    410: "The hold has run out: `hold_expired`.",
    413: "The body is longer than a megabyte.",
    414: "The address is longer than 4,000 characters: `address_too_long`.",
    415: "The body is not `application/json`.",
    422: "The body has values that cannot be used: `validation`, with `errors`; or the key came with another body: "
    "`idempotency_mismatch`.",
    429: "Too many requests: `rate_limited`. Wait as long as `Retry-After` says.",
    503: "The database does not answer, or whether it was done is not known: `unavailable`. Repeat it after `Retry-After` "
    "seconds, a POST with the same `Idempotency-Key`.",
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text; the same key and body give the same answer.",
    "schema": {"type": "string", "maxLength": 200},
}
_IN_PATH = re.compile(r"<(\w+)>")


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of every operation in `app`."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(TITLE, VERSION, "3.1.0", plugins=[plugin], info={"description": ABOUT}, servers=[{"url": "/"}])
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    found = sorted(_operations(app), key=lambda found: found[0].rule)
    by_id = {_id_of(rule): operation for rule, operation, _mark in found}
    for rule, operation, mark in found:
        described = _described(app, rule, operation, mark)
        for status, schema in operation.answers.items():
            if links := links_of(schema, by_id):
                next(iter(described.values()))["responses"][str(status)]["links"] = links
        spec.path(path=_IN_PATH.sub(r"{\1}", rule.rule), operations=described)
    return spec.to_dict()


def _operations(app: Flask) -> Iterator[tuple[Rule, Operation, AccessMark]]:
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        mark = mark_of(app.view_functions[rule.endpoint])
        if operation is not None and mark is not None:
            yield rule, operation, mark


def _id_of(rule: Rule) -> str:
    return str(rule.endpoint).rpartition(".")[2]


def _described(app: Flask, rule: Rule, operation: Operation, mark: AccessMark) -> dict[str, Any]:
    method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"})).lower()
    described: dict[str, Any] = {
        "operationId": _id_of(rule),
        "summary": (app.view_functions[rule.endpoint].__doc__ or "").rstrip("."),
        "parameters": [*_parameters(operation), *([IDEMPOTENCY] if method == "post" else [])],
        "responses": _responses(operation),
        "security": [{"key": []}, *([{}] if mark.open_when_published else [])],
        "description": _who(mark),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": operation.body}}}
    return {method: described}


def _who(mark: AccessMark) -> str:
    text = f"Needs a key with the scope `{mark.scope}`."
    return f"{text} No key is needed where the authority publishes it." if mark.open_when_published else text


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, text in operation.paths.items():
        described = {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        yield described | ({"example": PATH_EXAMPLES[name]} if name in PATH_EXAMPLES else {})
    if operation.query is not None:
        yield {"in": "query", "schema": operation.query}


def _responses(operation: Operation) -> dict[str, Any]:
    found = {str(status): _answer(schema) for status, schema in operation.answers.items()}
    problem = {"content": {MIMETYPE: {"schema": response_schemas.ProblemSchema}}}
    for status in sorted({*operation.problems, 401, 403, 414, 429, 503}):
        found[str(status)] = {"description": PROBLEMS[status], **problem}
    return found


def _answer(schema: type[Schema] | str | None) -> dict[str, Any]:
    if schema is None:
        return {"description": "Done."}
    if isinstance(schema, str):
        return {"description": "The file.", "content": {schema: {"schema": {"type": "string"}}}}
    about = (schema.__doc__ or "").partition("\n")[0]
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _name_of(schema: Any) -> str:
    """The name of a schema in the document: that of its class without `Schema`."""
    return str((schema if isinstance(schema, type) else type(schema)).__name__).removesuffix("Schema")
