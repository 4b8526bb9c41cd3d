"""What can be done next with what an operation answered: the links of the OpenAPI document, and its examples.

A program that follows them, or a tool that tests the API, comes from a slot to an appointment and to all that can be done
with it. Source: OpenAPI 3.1.1, 4.8.20 (Link Object).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api import response_schemas
from api.operations import Operation

PATH_EXAMPLES = {
    "reference": "K7PM4QX2",
    "site": "high-street",
    "date": "2026-11-24",
    "closure": 12,
    "wish": 7,
    "webhook": 3,
    "batch": "K7PM4QX2",
    "number": "07700 900123",
    "hold": "Qm9va2luZyBob2xkLCBub3QgYSByZWFsIG9uZQ",
}
# Which part of an address an answer has, and where in it.
_FOUND_IN = {
    response_schemas.BookedSchema: ("reference", "reference"),
    response_schemas.HoldSchema: ("hold", "hold"),
    response_schemas.MadeClosureSchema: ("closure", "id"),
    response_schemas.WishSchema: ("wish", "id"),
}
_FIRST_SLOT = "$response.body#/items/0/slot"
_RESIDENT = {"name": "Maria Nowak", "contact_preference": "none"}
# What is sent on in a body.
_SENT_ON: Mapping[type, Mapping[str, Mapping[str, Any]]] = {
    response_schemas.SlotsSchema: {
        "hold": {"slot": _FIRST_SLOT},
        "book": {"slot": _FIRST_SLOT, "resident": _RESIDENT},
    },
    response_schemas.HoldSchema: {"book": {"hold": "$response.body#/hold", "resident": _RESIDENT}},
}


def links_of(schema: Any, operations: Mapping[str, Operation]) -> dict[str, Any]:
    """The links of an answer with this schema to those of `operations`, by id, that need what it has."""
    return dict(_links(schema, operations))


def _links(schema: Any, operations: Mapping[str, Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    name, found = _FOUND_IN.get(schema, ("", ""))
    for operation_id, operation in operations.items():
        if name and name in operation.paths:
            parameters = {f"path.{name}": f"$response.body#/{found}"}
            yield operation_id, {"operationId": operation_id, "parameters": parameters}
    for operation_id, body in _SENT_ON.get(schema, {}).items():
        yield operation_id, {"operationId": operation_id, "requestBody": dict(body)}
