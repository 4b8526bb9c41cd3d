"""What a view is given and what it answers: declared for it, checked, and read from the request.

The OpenAPI document is made of the same declarations. What else a view needs of the request stands here too: its key, the
authority, the slot, the idempotency key, the page of a list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, request
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from api.key_guard import current_api_key, require_published
from booking.slot_tokens import SlotKey, decode
from core.errors import BadRequest, Invalid, NotFound, Reason
from core.idempotency import IdempotencyKey
from locations.catalogue_queries import authorities, catalogue_by_id, catalogue_of
from locations.model import Catalogue
from people.staff.api_keys import SignedInKey

LONGEST_KEY = 200
Item = TypeVar("Item")
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


def signed_in_key() -> SignedInKey:
    """The key of this request. Raises: NotFound without one, which the guard does not let happen."""
    key = current_api_key()
    if key is None:
        raise NotFound.because("nothing_here")
    return key


def published_catalogue(db: Session, slug: str | None) -> Catalogue:
    """The catalogue that the key or `slug` names, when the caller may see it; one statement unless it has to be guessed.

    Raises: BadRequest when it is not clear whose; NotFound. Ends the request with a 401 when it is not published.
    """
    catalogue = _catalogue(db, slug)
    require_published(catalogue.authority.publishes_availability)
    return catalogue


def _catalogue(db: Session, slug: str | None) -> Catalogue:
    key = current_api_key()
    if key is not None:
        catalogue = catalogue_by_id(db, key.authority_id)
        if slug not in (None, catalogue.authority.slug):
            raise NotFound.because("council_unknown")
        return catalogue
    if slug is not None:
        return catalogue_of(db, slug)
    known = authorities(db)
    if len(known) != 1:
        slugs = sorted(authority.slug for authority in known)
        raise BadRequest.in_field("authority", "say_which_authority" if slugs else "no_authority_at_all", known=slugs)
    return catalogue_by_id(db, known[0].id)


def requested_slot(token: str) -> SlotKey:
    """The key of the slot that `token` means. Raises: Invalid, also for a slot of another authority."""
    slot_key = decode(token)
    if slot_key.authority_id != signed_in_key().authority_id:
        raise Invalid.in_field("slot", "slot_of_another_council")
    return slot_key


def idempotency_key() -> IdempotencyKey | None:
    """The key under which this request is to be done once, or None. Raises: BadRequest for one that is too long."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise BadRequest.in_field("Idempotency-Key", "key_too_long", longest=LONGEST_KEY)
    body = json.dumps(json_body(), sort_keys=True)
    return IdempotencyKey.of(f"api:{signed_in_key().key_id}", key, f"{request.method} {request.path}\n{body}".encode())


def page_of(
    items: Sequence[Item], name_of: Callable[[Item], str], query: dict[str, Any]
) -> tuple[Sequence[Item], str | None]:
    """The page of `items` that `query` asks for, and the cursor of the next one. Raises: BadRequest."""
    first, limit = 0, query["limit"]
    if "cursor" in query:
        names = [name_of(item) for item in items]
        if query["cursor"] not in names:
            raise BadRequest.in_field("cursor", "cursor_unknown")
        first = names.index(query["cursor"]) + 1
    page = items[first : first + limit]
    return page, name_of(page[-1]) if first + limit < len(items) else None


def json_answer(body: dict[str, Any], status: int = 200) -> Response:
    """`body` as JSON, its fields in the order in which they were written."""
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")), status=status, mimetype="application/json"
    )
