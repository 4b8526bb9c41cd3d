"""What a view needs of the request: its key, the authority, the slot, the idempotency key, the page of a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Response, request
from sqlalchemy.orm import Session

from api.key_guard import current_api_key, require_published
from api.operations import json_body
from booking.slot_tokens import SlotKey, decode
from core.errors import BadRequest, Invalid, NotFound
from core.idempotency import IdempotencyKey
from locations.catalogue_queries import authorities, catalogue_by_id, catalogue_of
from locations.model import Catalogue
from people.staff.api_keys import SignedInKey

LONGEST_KEY = 200
Item = TypeVar("Item")


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
